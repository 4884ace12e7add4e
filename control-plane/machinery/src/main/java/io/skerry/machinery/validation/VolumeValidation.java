package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A pod's volumes and their mounts. */
final class VolumeValidation {

    private static final Set<String> PULL_POLICIES = Set.of("Always", "IfNotPresent", "Never");
    private static final Set<String> DOWNWARD_FIELDS = Set.of("metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid");
    private static final Set<String> PROPAGATION = Set.of("None", "HostToContainer", "Bidirectional");

    private static final Set<String> RECURSIVE = Set.of("Disabled", "IfPossible", "Enabled");

    private VolumeValidation() {}

    /** @return the volumes by name */
    static Map<String, JsonNode> volumes(JsonNode volumes, String path, Errors errors) {
        Map<String, JsonNode> byName = new HashMap<>();
        for (int i = 0; i < volumes.size(); i++) {
            JsonNode volume = volumes.path(i);
            String at = Errors.at(path, i);
            String name = Json.text(volume, "name");
            if (name.isEmpty()) {
                errors.required(Errors.at(at, "name"), "");
            } else {
                errors.invalid(Errors.at(at, "name"), name, Names.dns1123Label(name));
                if (byName.put(name, volume) != null) {
                    errors.duplicate(Errors.at(at, "name"), volume.path("name"));
                }
            }
            source(volume, at, errors);
        }
        return byName;
    }

    private static void source(JsonNode volume, String path, Errors errors) {
        int given = 0;
        for (var field : volume.properties()) {
            String kind = field.getKey();
            if (kind.equals("name") || field.getValue().isNull()) {
                continue;
            }
            String at = Errors.at(path, kind);
            if (++given > 1) {
                errors.forbidden(at, "may not specify more than 1 volume type");
                continue;
            }
            JsonNode source = field.getValue();
            switch (kind) {
                case "emptyDir" -> {
                    if (source.hasNonNull("sizeLimit")) {
                        Resources.notNegative(source.get("sizeLimit"), Errors.at(at, "sizeLimit"), errors);
                    }
                }
                case "secret" -> {
                    errors.requiredText(source, at, "secretName");
                    files(source, at, errors);
                }
                case "configMap" -> {
                    errors.requiredText(source, at, "name");
                    files(source, at, errors);
                }
                case "downwardAPI" -> downward(source, at, errors);
                case "projected" -> projected(source, at, errors);
                case "persistentVolumeClaim" -> errors.requiredText(source, at, "claimName");
                case "gitRepo" -> {
                    errors.requiredText(source, at, "repository");
                    relative(Json.text(source, "directory"), Errors.at(at, "directory"), errors);
                }
                case "image" -> {
                    errors.requiredText(source, at, "reference");
                    errors.optionalOneOf(source, at, "pullPolicy", PULL_POLICIES);
                }
                case "ephemeral" -> {
                    if (source.path("volumeClaimTemplate").isObject()) {
                        ClaimValidation.template(source.path("volumeClaimTemplate"), Errors.at(at, "volumeClaimTemplate"), errors);
                    } else {
                        errors.required(Errors.at(at, "volumeClaimTemplate"), "");
                    }
                }
                case "csi" -> csi(source, at, errors);
                default -> VolumeSourceValidation.check(kind, source, at, null, errors);
            }
        }
        if (given == 0) {
            errors.required(path, "must specify a volume type");
        }
    }

    private static void csi(JsonNode source, String path, Errors errors) {
        VolumeSourceValidation.driver(Json.text(source, "driver"), Errors.at(path, "driver"), errors);
        if (source.path("nodePublishSecretRef").isObject()) {
            String secret = Json.text(source, "nodePublishSecretRef", "name");
            if (secret.isEmpty()) {
                errors.required(Errors.at(path, "nodePublishSecretRef.name"), "");
            } else {
                errors.invalid(Errors.at(path, "name"), secret, Names.dns1123Subdomain(secret)); // upstream's path
            }
        }
    }

    private static void mode(JsonNode object, String path, String field, Errors errors) {
        JsonNode mode = object.path(field);
        if (mode.isNumber() && (mode.asLong() < 0 || mode.asLong() > 0777)) {
            errors.invalid(Errors.at(path, field), mode, "must be a number between 0 and 0777 (octal), both inclusive");
        }
    }

    private static void files(JsonNode source, String path, Errors errors) {
        mode(source, path, "defaultMode", errors);
        JsonNode items = source.path("items");
        for (int i = 0; i < items.size(); i++) {
            String at = Errors.at(Errors.at(path, "items"), i);
            errors.requiredText(items.path(i), at, "key");
            target(items.path(i), at, errors);
            mode(items.path(i), at, "mode", errors);
        }
    }

    /** Where in the volume a file goes. */
    private static void target(JsonNode item, String path, Errors errors) {
        String target = Json.text(item, "path");
        if (target.isEmpty()) {
            errors.required(Errors.at(path, "path"), "");
        } else {
            relative(target, Errors.at(path, "path"), errors);
            if (target.startsWith("..") && !target.startsWith("../")) {
                errors.invalid(Errors.at(path, "path"), target, "must not start with '..'");
            }
        }
    }

    static void relative(String value, String path, Errors errors) {
        if (value.startsWith("/")) {
            errors.invalid(path, value, "must be a relative path");
        }
        VolumeSourceValidation.noBacksteps(value, path, errors);
    }

    private static void downward(JsonNode source, String path, Errors errors) {
        mode(source, path, "defaultMode", errors);
        JsonNode items = source.path("items");
        for (int i = 0; i < items.size(); i++) {
            JsonNode item = items.path(i);
            String at = Errors.at(Errors.at(path, "items"), i);
            target(item, at, errors);
            mode(item, at, "mode", errors);
            if (item.hasNonNull("fieldRef") && item.hasNonNull("resourceFieldRef")) {
                errors.invalid(at, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously");
            } else if (item.hasNonNull("fieldRef")) {
                ContainerValidation.fieldRef(item.path("fieldRef"), Errors.at(at, "fieldRef"), DOWNWARD_FIELDS, errors);
            } else if (item.hasNonNull("resourceFieldRef")) {
                ContainerValidation.resourceFieldRef(item.path("resourceFieldRef"), Errors.at(at, "resourceFieldRef"), true, errors);
            } else {
                errors.required(at, "one of fieldRef and resourceFieldRef is required");
            }
        }
    }

    private static void projected(JsonNode projected, String path, Errors errors) {
        mode(projected, path, "defaultMode", errors);
        JsonNode sources = projected.path("sources");
        Set<String> files = new HashSet<>();
        for (int i = 0; i < sources.size(); i++) {
            JsonNode source = sources.path(i);
            String at = Errors.at(Errors.at(path, "sources"), i);
            int given = 0;
            for (String kind : List.of("secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle")) {
                if (!source.hasNonNull(kind)) {
                    continue;
                }
                String in = Errors.at(at, kind);
                if (++given > 1) {
                    errors.forbidden(at, "may not specify more than 1 volume type");
                    continue;
                }
                switch (kind) {
                    case "secret", "configMap" -> {
                        errors.requiredText(source.path(kind), in, "name");
                        files(source.path(kind), in, errors);
                        distinct(source.path(kind), Json.text(source.path(kind), "name"), files, path, errors);
                    }
                    case "downwardAPI" -> {
                        downward(source.path(kind), in, errors);
                        distinct(source.path(kind), null, files, path, errors);
                    }
                    case "serviceAccountToken" -> token(source.path(kind), in, errors);
                    default -> { }
                }
            }
            if (given == 0) {
                errors.required(at, "must specify a volume type");
            }
        }
    }

    /** @param source told for a file that is there twice, or null for the file itself */
    private static void distinct(JsonNode projection, String source, Set<String> files, String path, Errors errors) {
        for (JsonNode item : projection.path("items")) {
            String file = Json.text(item, "path");
            if (!file.isEmpty() && !files.add(file)) {
                errors.invalid(path, source == null ? file : source, "conflicting duplicate paths");
            }
        }
    }

    private static void token(JsonNode token, String path, Errors errors) {
        expiration(token, path, errors);
        target(token, path, errors);
    }

    static void expiration(JsonNode token, String path, Errors errors) {
        JsonNode seconds = token.path("expirationSeconds");
        if (seconds.isNumber() && seconds.asLong() < 600) {
            errors.invalid(Errors.at(path, "expirationSeconds"), seconds, "may not specify a duration less than 10 minutes");
        }
        if (seconds.isNumber() && seconds.asLong() > 1L << 32) {
            errors.invalid(Errors.at(path, "expirationSeconds"), seconds, "may not specify a duration larger than 2^32 seconds");
        }
    }

    /** A container's mounts and devices. */
    static void mounts(JsonNode container, String path, Map<String, JsonNode> volumes, Errors errors) {
        Set<String> places = new HashSet<>();
        JsonNode mounts = container.path("volumeMounts");
        for (int i = 0; i < mounts.size(); i++) {
            JsonNode mount = mounts.path(i);
            String at = Errors.at(Errors.at(path, "volumeMounts"), i);
            named(mount, at, volumes, errors);
            String place = Json.text(mount, "mountPath");
            if (place.isEmpty()) {
                errors.required(Errors.at(at, "mountPath"), "");
            } else if (!places.add(place)) {
                errors.invalid(Errors.at(at, "mountPath"), place, "must be unique");
            }
            for (String sub : List.of("subPath", "subPathExpr")) {
                if (!Json.text(mount, sub).isEmpty()) {
                    relative(Json.text(mount, sub), Errors.at(at, sub), errors);
                }
            }
            if (!Json.text(mount, "subPath").isEmpty() && !Json.text(mount, "subPathExpr").isEmpty()) {
                errors.invalid(Errors.at(at, "subPathExpr"), Json.text(mount, "subPathExpr"), "subPathExpr and subPath are mutually exclusive");
            }
            errors.optionalOneOf(mount, at, "mountPropagation", PROPAGATION);
            recursive(mount, Errors.at(at, "recursiveReadOnly"), errors);
            if (Json.text(mount, "mountPropagation").equals("Bidirectional") && !Json.at(container, "securityContext", "privileged").asBoolean()) {
                errors.forbidden(Errors.at(at, "mountPropagation"), "Bidirectional mount propagation is available only to privileged containers");
            }
        }
        JsonNode devices = container.path("volumeDevices");
        for (int i = 0; i < devices.size(); i++) {
            String at = Errors.at(Errors.at(path, "volumeDevices"), i);
            named(devices.path(i), at, volumes, errors);
            errors.requiredText(devices.path(i), at, "devicePath");
        }
    }

    private static void recursive(JsonNode mount, String path, Errors errors) {
        String recursive = Json.text(mount, "recursiveReadOnly");
        if (!recursive.isEmpty() && !RECURSIVE.contains(recursive)) {
            errors.notSupported(path, recursive, RECURSIVE);
        } else if (!recursive.isEmpty() && !recursive.equals("Disabled")) {
            if (!mount.path("readOnly").asBoolean()) {
                errors.forbidden(path, "may only be specified when readOnly is true");
            }
            if (!Set.of("", "None").contains(Json.text(mount, "mountPropagation"))) {
                errors.forbidden(path, "may only be specified when mountPropagation is None or not specified");
            }
        }
    }

    private static void named(JsonNode mount, String path, Map<String, JsonNode> volumes, Errors errors) {
        String name = Json.text(mount, "name");
        if (name.isEmpty()) {
            errors.required(Errors.at(path, "name"), "");
        } else if (!volumes.containsKey(name)) {
            errors.notFound(Errors.at(path, "name"), name);
        }
    }
}
