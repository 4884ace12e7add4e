package io.skerry.apiserver.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.registry.Strategy;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.validation.FieldError;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Custom resources: generation counts everything but metadata and a split status; updates need a resourceVersion. */
public final class CustomStrategy extends Strategy {
    private final ResourceType type;
    private final JsonNode scale;
    private final boolean terminating;
    private final long definedAt;
    private final String deprecation;
    private final Patterns patterns = new Patterns();
    /** Made when the first object is written; see {@link #rules}. */
    private volatile Compiled compiled;

    private static final Set<FieldError.Type> BLOCKING = Set.of(FieldError.Type.NOT_SUPPORTED, FieldError.Type.REQUIRED, FieldError.Type.TOO_LONG, FieldError.Type.TOO_MANY,
            FieldError.Type.TYPE_INVALID);

    /** @param rules null when the schema has none */
    private record Compiled(SchemaRules rules) {
    }

    /**
     * @param definedAt   revision of the definition
     * @param deprecation what to warn of whoever uses this version, or ""
     */
    CustomStrategy(ResourceType type, JsonNode scale, boolean terminating, long definedAt, String deprecation) {
        super(type, true);
        this.type = type;
        this.scale = scale;
        this.terminating = terminating;
        this.definedAt = definedAt;
        this.deprecation = deprecation;
    }

    @Override
    public String deprecation() {
        return deprecation;
    }

    @Override
    public long definedAt() {
        return definedAt;
    }

    @Override
    public boolean unconditionalUpdate() {
        return false;
    }

    @Override
    public void prepareForCreate(ObjectNode object) {
        if (terminating) {
            throw ApiException.methodNotAllowed(type.group(), type.plural(), "create not allowed while custom resource definition is terminating: create");
        }
        super.prepareForCreate(object);
    }

    @Override
    public void prepareForStatusUpdate(ObjectNode updated, ObjectNode old) {
        JsonNode status = updated.get("status");
        JsonNode managed = updated.get("metadata").get("managedFields");
        JsonNode revision = updated.get("metadata").get("resourceVersion");
        updated.removeAll();
        updated.setAll(old.deepCopy());
        put("status", status, updated);
        put("managedFields", managed, metadata(updated));
        put("resourceVersion", revision, metadata(updated));
    }

    /** Path of a scale field such as {@code .spec.replicas}, in parts; empty when the definition names none. */
    public List<String> scalePath(String field) {
        String path = Json.text(scale, field);
        return path.isEmpty() ? List.of() : List.of(path.replaceFirst("^\\.", "").split("\\."));
    }

    @Override
    public List<FieldError> validate(ObjectNode object, ObjectNode oldOrNull) {
        List<FieldError> errors = new ArrayList<>(StructuralValidation.validate(type, patterns, object, oldOrNull));
        SchemaRules rules = rules();
        if (rules == null) {
            return errors;
        }
        if (errors.stream().anyMatch(e -> BLOCKING.contains(e.type()))) {
            errors.add(new FieldError(FieldError.Type.INVALID, "<nil>", "null",
                    "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"));
        } else {
            errors.addAll(RuleValidation.validate(rules, object, oldOrNull));
        }
        return errors;
    }

    private SchemaRules rules() {
        Compiled known = compiled;
        if (known == null) {
            known = new Compiled(type.schema().rules().isObject() ? SchemaRules.compile(type.schema().rules(), true) : null);
            compiled = known;
        }
        return known.rules();
    }
}
