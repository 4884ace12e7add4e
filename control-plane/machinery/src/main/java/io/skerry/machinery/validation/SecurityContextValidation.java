package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Security contexts of pods and containers, and the host's namespaces that a pod shares. */
final class SecurityContextValidation {

    private static final String SYSCTL = "([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
    private static final Pattern SYSCTL_P = Pattern.compile(SYSCTL);
    private static final int MAX_SYSCTL = 253;
    /** Bytes of a path (PATH_MAX - 1). */
    private static final int MAX_PROFILE = 4095;
    private static final String ID_RANGE = "must be between 0 and 2147483647, inclusive";

    private SecurityContextValidation() {}

    static void pod(JsonNode spec, String path, Errors errors) {
        JsonNode context = spec.path("securityContext");
        String at = Errors.at(path, "securityContext");
        for (String field : List.of("fsGroup", "runAsUser", "runAsGroup")) {
            id(context.path(field), Errors.at(at, field), errors);
        }
        JsonNode groups = context.path("supplementalGroups");
        for (int i = 0; i < groups.size(); i++) {
            id(groups.path(i), Errors.at(Errors.at(at, "supplementalGroups"), i), errors);
        }
        if (spec.path("shareProcessNamespace").asBoolean() && spec.path("hostPID").asBoolean()) {
            errors.invalid(Errors.at(at, "shareProcessNamespace"), spec.path("shareProcessNamespace"), "ShareProcessNamespace and HostPID cannot both be enabled");
        }
        if (spec.path("hostUsers").isBoolean() && !spec.path("hostUsers").asBoolean()) {
            for (String shared : List.of("hostNetwork", "hostPID", "hostIPC")) {
                if (spec.path(shared).asBoolean()) {
                    String spelled = shared.equals("hostNetwork") ? shared : "H" + shared.substring(1); // as upstream does
                    errors.forbidden(Errors.at(path, spelled), "when `pod.Spec.HostUsers` is false");
                }
            }
        }
        errors.optionalOneOf(context, at, "fsGroupChangePolicy", Set.of("Always", "OnRootMismatch"));
        errors.optionalOneOf(context, at, "supplementalGroupsPolicy", Set.of("Merge", "Strict"));
        errors.optionalOneOf(context, at, "seLinuxChangePolicy", List.of("Recursive")); // MountOption needs a feature gate that is off
        sysctls(context.path("sysctls"), Errors.at(at, "sysctls"), spec, errors);
        profiles(context, at, errors);
    }

    private static void id(JsonNode id, String path, Errors errors) {
        if (id.isNumber() && (id.asLong() < 0 || id.asLong() > Integer.MAX_VALUE)) {
            errors.invalid(path, id, ID_RANGE);
        }
    }

    private static void sysctls(JsonNode sysctls, String path, JsonNode spec, Errors errors) {
        Set<String> names = new HashSet<>();
        for (int i = 0; i < sysctls.size(); i++) {
            String name = Json.text(sysctls.path(i), "name");
            String at = Errors.at(Errors.at(path, i), "name");
            if (name.isEmpty()) {
                errors.required(at, "");
            } else if (name.length() > MAX_SYSCTL || !SYSCTL_P.matcher(name).matches()) {
                errors.invalid(at, name, "must have at most " + MAX_SYSCTL + " characters and match regex ^" + SYSCTL + "$");
            } else if (!names.add(name.replace('/', '.'))) {
                errors.duplicate(at, sysctls.path(i).path("name"));
            }
            if (spec.path("hostNetwork").asBoolean() && name.startsWith("net.")) {
                errors.invalid(at, name, "may not be specified when 'hostNetwork' is true");
            }
            if (spec.path("hostIPC").asBoolean() && (name.startsWith("kernel.shm") || name.startsWith("kernel.msg") || name.startsWith("fs.mqueue.") || name.equals("kernel.sem"))) {
                errors.invalid(at, name, "may not be specified when 'hostIPC' is true");
            }
        }
    }

    /** @param hostUsers whether the pod has the host's users, and no user namespace of its own */
    static void container(JsonNode context, String path, boolean hostUsers, Errors errors) {
        String at = Errors.at(path, "securityContext");
        for (String field : List.of("runAsUser", "runAsGroup")) {
            id(context.path(field), Errors.at(at, field), errors);
        }
        errors.optionalOneOf(context, at, "procMount", Set.of("Default", "Unmasked"));
        if (hostUsers && Json.text(context, "procMount").equals("Unmasked")) {
            errors.invalid(Errors.at(at, "procMount"), "Unmasked", "`hostUsers` must be false to use `Unmasked`");
        }
        profiles(context, at, errors);
        if (!context.path("allowPrivilegeEscalation").isBoolean() || context.path("allowPrivilegeEscalation").asBoolean()) {
            return;
        }
        if (context.path("privileged").asBoolean()) {
            errors.invalid(at, context, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
        }
        for (JsonNode capability : Json.at(context, "capabilities", "add")) {
            if (capability.asText().equals("CAP_SYS_ADMIN")) {
                errors.invalid(at, context, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
            }
        }
    }

    private static void profiles(JsonNode context, String path, Errors errors) {
        profile(context, path, "seccompProfile", "seccomp", errors);
        profile(context, path, "appArmorProfile", "AppArmor", errors);
    }

    private static void profile(JsonNode context, String path, String field, String word, Errors errors) {
        JsonNode profile = context.path(field);
        if (!profile.isObject()) {
            return;
        }
        String at = Errors.at(path, field);
        String type = Json.text(profile, "type");
        if (type.isEmpty()) {
            errors.required(Errors.at(at, "type"), "type is required when " + field + " is set");
        } else {
            errors.oneOf(profile, at, "type", List.of("Localhost", "RuntimeDefault", "Unconfined"));
        }
        String local = Json.text(profile, "localhostProfile");
        if (type.equals("Localhost")) {
            if (word.equals("AppArmor") && !local.strip().equals(local)) {
                errors.invalid(Errors.at(at, "localhostProfile"), local, "must not be padded with whitespace");
            } else if (local.isBlank()) {
                errors.required(Errors.at(at, "localhostProfile"), "must be set when " + word + " type is Localhost");
            } else if (word.equals("seccomp")) {
                VolumeValidation.relative(local, Errors.at(at, "localhostProfile"), errors);
            } else if (Errors.bytes(local) > MAX_PROFILE) {
                errors.tooLong(Errors.at(at, "localhostProfile"), MAX_PROFILE);
            }
        } else if (profile.hasNonNull("localhostProfile")) {
            errors.invalid(Errors.at(at, "localhostProfile"), local, "can only be set when " + word + " type is Localhost");
        }
    }
}
