package io.skerry.machinery.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.schema.ResourceType;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The values the API server fills in for fields that a built-in type's object leaves out (k8s.io/kubernetes/pkg/apis,
 * defaults.go of each group), over its {@linkplain CanonicalForm canonical form}.
 */
public final class Defaults {

    private static final Map<String, Consumer<ObjectNode>> DEFAULTS = new HashMap<>();

    static {
        CoreDefaults.declare(DEFAULTS);
        WorkloadDefaults.declare(DEFAULTS);
        ServiceDefaults.declare(DEFAULTS);
        ClusterDefaults.declare(DEFAULTS);
    }

    private Defaults() {}

    /** Modifies the object. Parts that are not of their type are left alone, for validation to tell. */
    public static void apply(ResourceType type, ObjectNode object) {
        if (type.schema() != null) {
            CanonicalForm.apply(object, type.schema());
        }
        Consumer<ObjectNode> defaults = DEFAULTS.get(type.group().isEmpty() ? type.plural() : type.plural() + "." + type.group());
        if (defaults != null) {
            defaults.accept(object);
        }
    }
}
