package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.util.HashSet;
import java.util.Set;

/** Annotations of pods that mean something to the cluster (core validation's ValidatePodSpecificAnnotations). */
final class PodAnnotationValidation {

    private static final String MIRROR = "kubernetes.io/config.mirror";
    private static final String DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";
    private static final String APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/";

    private PodAnnotationValidation() {}

    /** @param spec the pod's, which the annotations speak of */
    static void check(JsonNode annotations, JsonNode spec, String path, Errors errors) {
        if (annotations.has(MIRROR) && Json.text(spec, "nodeName").isEmpty()) {
            errors.invalid(Errors.key(path, MIRROR), Json.text(annotations, MIRROR), "must set spec.nodeName if mirror pod annotation is set");
        }
        String cost = Json.text(annotations, DELETION_COST);
        if (annotations.has(DELETION_COST) && !isCost(cost)) {
            errors.invalid(Errors.key(path, DELETION_COST), cost, "must be a 32bit integer");
        }
        for (var annotation : annotations.properties()) {
            if (annotation.getKey().startsWith(APP_ARMOR)) {
                appArmor(annotation.getKey(), annotation.getValue().asText(), spec, path, errors);
            }
        }
    }

    /** Without a plus or zeros in front, so that one number has one form. */
    private static boolean isCost(String cost) {
        if (!cost.matches("0|-?[1-9][0-9]{0,9}")) {
            return false;
        }
        long number = Long.parseLong(cost);
        return number == (int) number;
    }

    private static void appArmor(String key, String profile, JsonNode spec, String path, Errors errors) {
        String container = key.substring(APP_ARMOR.length());
        Set<String> names = new HashSet<>();
        for (String list : new String[] {"initContainers", "containers", "ephemeralContainers"}) {
            spec.path(list).forEach(each -> names.add(Json.text(each, "name")));
        }
        if (!names.contains(container)) {
            errors.invalid(Errors.key(path, key), container, "container not found");
        }
        if (!profile.isEmpty() && !profile.equals("runtime/default") && !profile.equals("unconfined") && !profile.startsWith("localhost/")) {
            errors.invalid(Errors.key(path, key), profile, "invalid AppArmor profile name: \"" + profile + "\"");
        }
    }

    /** What was decided when the pod was made stays. */
    static void update(JsonNode annotations, JsonNode old, Errors errors) {
        for (var was : old.properties()) {
            if (!was.getValue().equals(annotations.path(was.getKey()))) {
                stays(was.getKey(), "may not remove or update ", errors);
            }
        }
        for (var now : annotations.properties()) {
            if (!old.has(now.getKey())) {
                stays(now.getKey(), "may not add ", errors);
            }
        }
    }

    private static void stays(String key, String what, Errors errors) {
        String path = Errors.key("metadata.annotations", key);
        if (key.startsWith(APP_ARMOR)) {
            errors.forbidden(path, what + "AppArmor annotations");
        } else if (key.equals(MIRROR)) {
            errors.forbidden(path, what + "mirror pod annotation");
        }
    }
}
