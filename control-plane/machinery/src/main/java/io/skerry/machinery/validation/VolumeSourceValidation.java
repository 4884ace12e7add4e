package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** What a volume is made from, where pods and persistent volumes have the same kinds of sources (pkg/apis/core/validation). */
final class VolumeSourceValidation {

    private static final Set<String> HOST_PATH_TYPES = Set.of("DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice");
    private static final Set<String> CACHING_MODES = Set.of("None", "ReadOnly", "ReadWrite");
    private static final Set<String> DISK_KINDS = Set.of("Shared", "Dedicated", "Managed");
    private static final String MANAGED_DISK = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}";
    private static final String BLOB_DISK = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd";
    /** RFC 3720 (iqn), IEEE EUI-64 (eui), T11 NAA (naa). */
    private static final Pattern INITIATOR = Pattern.compile("iqn\\.\\d{4}-\\d{2}\\.([a-zA-Z0-9-.]+)(:[^,;*&$|\\s]+)|eui\\.[a-zA-Z0-9]{16}|naa\\.[a-zA-Z0-9]{32}");
    private static final int MAX_DRIVER = 63;
    private static final int MAX_TARGET = 64;

    /** Fields that must not be empty, of the kinds that ask for no more. */
    private static final Map<String, List<String>> REQUIRED = Map.ofEntries(
            Map.entry("gcePersistentDisk", List.of("pdName")), Map.entry("awsElasticBlockStore", List.of("volumeID")), Map.entry("glusterfs", List.of("endpoints", "path")),
            Map.entry("rbd", List.of("monitors", "image")), Map.entry("cephfs", List.of("monitors")), Map.entry("cinder", List.of("volumeID")),
            Map.entry("flexVolume", List.of("driver")), Map.entry("azureFile", List.of("secretName", "shareName")), Map.entry("azureDisk", List.of("diskName", "diskURI")),
            Map.entry("vsphereVolume", List.of("volumePath")), Map.entry("photonPersistentDisk", List.of("pdID")), Map.entry("portworxVolume", List.of("volumeID")),
            Map.entry("scaleIO", List.of("gateway", "system", "volumeName")), Map.entry("storageos", List.of("volumeName")), Map.entry("local", List.of("path")),
            Map.entry("quobyte", List.of("volume")), Map.entry("iscsi", List.of("targetPortal", "iqn")), Map.entry("nfs", List.of("server", "path")),
            Map.entry("hostPath", List.of("path")));
    /** Whose secretRef names a Secret of any namespace in a persistent volume, and of the pod's own in a pod. */
    private static final Set<String> SECRET_REFERENCES = Set.of("cinder", "storageos");

    private VolumeSourceValidation() {}

    /**
     * Checks one source of a kind that pods and persistent volumes share; of other kinds, nothing.
     *
     * @param kind the field's name, such as nfs
     * @param persistentVolume the volume's name, or null in a pod
     */
    static void check(String kind, JsonNode source, String path, String persistentVolume, Errors errors) {
        boolean persistent = persistentVolume != null;
        // upstream tells of these two by a path of its own
        String at = kind.equals("gcePersistentDisk") ? path.replace("gcePersistentDisk", "persistentDisk") : path;
        for (String field : REQUIRED.getOrDefault(kind, List.of())) {
            JsonNode value = source.path(field);
            if (value.isContainerNode() ? value.isEmpty() : Json.text(value).isEmpty()) {
                errors.required(Errors.at(at, field), "");
            }
        }
        if (SECRET_REFERENCES.contains(kind) && source.path("secretRef").isObject()) {
            errors.requiredText(source.path("secretRef"), Errors.at(at, "secretRef"), "name");
            if (persistent) {
                errors.requiredText(source.path("secretRef"), Errors.at(at, "secretRef"), "namespace");
            }
        }
        switch (kind) {
            case "hostPath" -> {
                noBacksteps(Json.text(source, "path"), Errors.at(at, "path"), errors);
                errors.optionalOneOf(source, at, "type", HOST_PATH_TYPES);
            }
            case "local" -> noBacksteps(Json.text(source, "path"), Errors.at(at, "path"), errors);
            case "nfs" -> {
                if (!Json.text(source, "path").startsWith("/")) {
                    errors.invalid(Errors.at(at, "path"), Json.text(source, "path"), "must be an absolute path");
                }
            }
            case "gcePersistentDisk", "awsElasticBlockStore" -> between(source, at, "partition", errors);
            case "iscsi" -> iscsi(source, at, persistentVolume, errors);
            case "fc" -> fibreChannel(source, at, errors);
            case "flocker" -> flocker(source, at, errors);
            case "quobyte" -> quobyte(source, at, errors);
            case "flexVolume" -> flexOptions(source.path("options"), Errors.at(at, "options"), errors);
            case "azureDisk" -> azureDisk(source, at, errors);
            case "azureFile" -> {
                if (persistent && source.hasNonNull("secretNamespace")) {
                    errors.requiredText(source, at, "secretNamespace");
                }
            }
            case "glusterfs" -> {
                if (persistent && source.hasNonNull("endpointsNamespace")) {
                    String namespace = Json.text(source, "endpointsNamespace");
                    errors.invalid(Errors.at(at, "endpointsNamespace"), namespace,
                            namespace.isEmpty() ? List.of("if the endpointnamespace is set, it must be a valid namespace name") : Names.dns1123Label(namespace));
                }
            }
            case "storageos" -> {
                for (String field : List.of("volumeName", "volumeNamespace")) {
                    String value = Json.text(source, field);
                    if (!value.isEmpty()) {
                        errors.invalid(Errors.at(at, field), value, Names.dns1123Label(value));
                    }
                }
            }
            default -> { }
        }
    }

    /** The name of a CSI driver. */
    static void driver(String name, String path, Errors errors) {
        if (name.isEmpty()) {
            errors.required(path, "");
        }
        if (name.length() > MAX_DRIVER) {
            errors.tooLong(path, MAX_DRIVER);
        }
        errors.invalid(path, name, Names.dns1123Subdomain(name.toLowerCase()));
    }

    static void noBacksteps(String value, String path, Errors errors) {
        if (Arrays.asList(value.split("/")).contains("..")) {
            errors.invalid(path, value, "must not contain '..'");
        }
    }

    private static void between(JsonNode source, String path, String field, Errors errors) {
        long value = source.path(field).asLong();
        if (value < 0 || value > 255) {
            errors.invalid(Errors.at(path, field), source.path(field), "must be between 0 and 255, inclusive");
        }
    }

    private static void iscsi(JsonNode source, String path, String persistentVolume, Errors errors) {
        boolean initiator = source.hasNonNull("initiatorName");
        String portal = Json.text(source, "targetPortal");
        if (persistentVolume != null && initiator && (persistentVolume + ":" + portal).length() > MAX_TARGET) {
            errors.invalid(Errors.at(path, "targetportal"), portal,
                    "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.");
        }
        if (!Json.text(source, "iqn").isEmpty()) {
            initiatorName(Json.text(source, "iqn"), Errors.at(path, "iqn"), persistentVolume == null, errors);
        }
        between(source, path, "lun", errors);
        if ((source.path("chapAuthDiscovery").asBoolean() || source.path("chapAuthSession").asBoolean()) && !source.path("secretRef").isObject()) {
            errors.required(Errors.at(path, "secretRef"), "");
        }
        if (persistentVolume != null && source.path("secretRef").isObject()) {
            errors.requiredText(source.path("secretRef"), Errors.at(path, "secretRef"), "name");
        }
        if (initiator) {
            initiatorName(Json.text(source, "initiatorName"), Errors.at(path, "initiatorname"), persistentVolume == null, errors);
        }
    }

    private static void initiatorName(String name, String path, boolean told, Errors errors) {
        boolean begins = name.startsWith("iqn") || name.startsWith("eui") || name.startsWith("naa");
        if (!begins && told) {
            errors.invalid(path, name, "must be valid format starting with iqn, eui, or naa");
        } else if (!begins || name.length() > 1024 || !INITIATOR.matcher(name).matches()) {
            errors.invalid(path, name, "must be valid format");
        }
    }

    private static void fibreChannel(JsonNode source, String path, Errors errors) {
        JsonNode targets = source.path("targetWWNs");
        if (targets.isEmpty() && source.path("wwids").isEmpty()) {
            errors.required(Errors.at(path, "targetWWNs"), "must specify either targetWWNs or wwids, but not both");
        } else if (!targets.isEmpty() && !source.path("wwids").isEmpty()) {
            errors.invalid(Errors.at(path, "targetWWNs"), targets, "targetWWNs and wwids can not be specified simultaneously");
        }
        if (!targets.isEmpty() && !source.hasNonNull("lun")) {
            errors.required(Errors.at(path, "lun"), "lun is required if targetWWNs is specified");
        } else if (!targets.isEmpty()) {
            between(source, path, "lun", errors);
        }
    }

    private static void flocker(JsonNode source, String path, Errors errors) {
        String name = Json.text(source, "datasetName");
        boolean uuid = !Json.text(source, "datasetUUID").isEmpty();
        if (name.isEmpty() && !uuid) {
            errors.required(path, "one of datasetName and datasetUUID is required");
        } else if (!name.isEmpty() && uuid) {
            errors.invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously");
        }
        if (name.contains("/")) {
            errors.invalid(Errors.at(path, "datasetName"), name, "must not contain '/'");
        }
    }

    private static void quobyte(JsonNode source, String path, Errors errors) {
        String registry = Json.text(source, "registry");
        String pairs = "must be a host:port pair or multiple pairs separated by commas";
        if (registry.isEmpty()) {
            errors.required(Errors.at(path, "registry"), pairs);
        } else if (Json.text(source, "tenant").length() >= 65) {
            errors.required(Errors.at(path, "tenant"), "must be a UUID and may not exceed a length of 64 characters");
        } else {
            for (String pair : registry.split(",", -1)) {
                if (!pair.matches("([^:\\[\\]]*|\\[[^\\[\\]]*]):[^:]*")) {
                    errors.invalid(Errors.at(path, "registry"), registry, pairs);
                }
            }
        }
    }

    private static void flexOptions(JsonNode options, String path, Errors errors) {
        options.fieldNames().forEachRemaining(key -> {
            int slash = key.indexOf('/');
            String namespace = "." + (slash < 0 ? key : key.substring(0, slash)).toLowerCase();
            if (namespace.endsWith(".kubernetes.io") || namespace.endsWith(".k8s.io")) {
                errors.invalid(Errors.key(path, key), key, "kubernetes.io and k8s.io namespaces are reserved");
            }
        });
    }

    private static void azureDisk(JsonNode source, String path, Errors errors) {
        errors.optionalOneOf(source, path, "cachingMode", CACHING_MODES);
        errors.optionalOneOf(source, path, "kind", DISK_KINDS);
        String uri = Json.text(source, "diskURI");
        boolean managed = Json.text(source, "kind").equals("Managed");
        if (managed && !uri.startsWith("/subscriptions/")) {
            errors.notSupported(Errors.at(path, "diskURI"), uri, List.of(MANAGED_DISK));
        } else if (!managed && !uri.startsWith("https://")) {
            errors.notSupported(Errors.at(path, "diskURI"), uri, List.of(BLOB_DISK));
        }
    }
}
