package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** What pods can ask of Windows, and that one which says its operating system asks nothing of the other (KEP-1043, KEP-1981, KEP-2802). */
final class WindowsValidation {

    private static final int MAX_CREDENTIAL_SPEC = 64 << 10;
    private static final int MAX_DOMAIN = 256;
    private static final int MAX_USER = 104;
    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");
    private static final Pattern NET_BIOS = Pattern.compile("[^\\\\/:*?\"<>|.][^\\\\/:*?\"<>|]{0,14}");
    private static final String DNS_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
    private static final Pattern DNS = Pattern.compile(DNS_LABEL + "(?:\\." + DNS_LABEL + ")*");
    private static final Pattern NOT_IN_USER = Pattern.compile("[\"/\\\\:;|=,+*?<>@\\[\\]]");
    private static final Pattern DOTS_AND_SPACES = Pattern.compile("[. ]+");

    private static final List<String> LINUX_POD = List.of("appArmorProfile", "seLinuxOptions", "seccompProfile", "fsGroup", "fsGroupChangePolicy", "sysctls", "runAsUser",
            "runAsGroup", "supplementalGroups", "supplementalGroupsPolicy", "seLinuxChangePolicy");
    private static final List<String> LINUX_CONTAINER = List.of("appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities", "readOnlyRootFilesystem", "privileged",
            "allowPrivilegeEscalation", "procMount", "runAsUser", "runAsGroup");

    private WindowsValidation() {}

    static void check(JsonNode spec, String path, Errors errors) {
        options(spec.path("securityContext"), Errors.at(path, "securityContext"), errors);
        ContainerValidation.visit(spec, path, (container, at) -> options(container.path("securityContext"), Errors.at(at, "securityContext"), errors));
        hostProcess(spec, path, errors);
        switch (Json.text(spec, "os", "name")) {
            case "linux" -> {
                linux(spec, path, errors);
                ContainerValidation.visit(spec, path, (container, at) -> linux(container, at, errors));
            }
            case "windows" -> windows(spec, path, errors);
            default -> { } // unsaid, or told to be wrong elsewhere
        }
    }

    private static void linux(JsonNode of, String path, Errors errors) {
        if (of.path("securityContext").hasNonNull("windowsOptions")) {
            errors.forbidden(Errors.at(path, "securityContext.windowsOptions"), "windows options cannot be set for a linux pod");
        }
    }

    private static void windows(JsonNode spec, String path, Errors errors) {
        List<String> set = new ArrayList<>();
        for (String field : List.of("hostUsers", "shareProcessNamespace")) {
            if (spec.hasNonNull(field)) {
                set.add(field);
            }
        }
        for (String field : List.of("hostPID", "hostIPC")) {
            if (spec.path(field).asBoolean()) {
                set.add(field);
            }
        }
        LINUX_POD.stream().filter(spec.path("securityContext")::hasNonNull).filter(field -> !field.equals("sysctls") || !Json.at(spec, "securityContext", field).isEmpty())
                .forEach(field -> set.add("securityContext." + field));
        set.forEach(field -> errors.forbidden(Errors.at(path, field), "cannot be set for a windows pod"));
        ContainerValidation.visit(spec, path, (container, at) -> LINUX_CONTAINER.stream().filter(container.path("securityContext")::hasNonNull)
                .forEach(field -> errors.forbidden(Errors.at(at, "securityContext." + field), "cannot be set for a windows pod")));
    }

    private static void options(JsonNode context, String path, Errors errors) {
        JsonNode options = context.path("windowsOptions");
        String at = Errors.at(path, "windowsOptions");
        if (options.hasNonNull("gmsaCredentialSpecName")) {
            String name = Json.text(options, "gmsaCredentialSpecName");
            errors.invalid(Errors.at(at, "gmsaCredentialSpecName"), name, Names.dns1123Subdomain(name));
        }
        if (options.hasNonNull("gmsaCredentialSpec")) {
            String spec = Json.text(options, "gmsaCredentialSpec");
            if (spec.isEmpty()) {
                errors.invalid(Errors.at(at, "gmsaCredentialSpec"), spec, "gmsaCredentialSpec cannot be an empty string");
            } else if (Errors.bytes(spec) > MAX_CREDENTIAL_SPEC) {
                errors.invalid(Errors.at(at, "gmsaCredentialSpec"), spec, "gmsaCredentialSpec size must be under 64 KiB");
            }
        }
        if (options.hasNonNull("runAsUserName")) {
            String user = Json.text(options, "runAsUserName");
            errors.invalid(Errors.at(at, "runAsUserName"), user, user(user));
        }
    }

    /** What is wrong with a user's name, or a domain's and a user's with a backslash between. */
    private static List<String> user(String name) {
        if (name.isEmpty()) {
            return List.of("runAsUserName cannot be an empty string");
        }
        if (CONTROL.matcher(name).find()) {
            return List.of("runAsUserName cannot contain control characters");
        }
        String[] parts = name.split("\\\\", -1);
        if (parts.length > 2) {
            return List.of("runAsUserName cannot contain more than one backslash");
        }
        List<String> problems = new ArrayList<>();
        String user = parts[parts.length - 1];
        if (parts.length == 2 && Errors.bytes(parts[0]) >= MAX_DOMAIN) {
            problems.add("runAsUserName's Domain length must be under " + MAX_DOMAIN + " characters");
        }
        if (parts.length == 2 && !NET_BIOS.matcher(parts[0]).matches() && !DNS.matcher(parts[0]).matches()) {
            problems.add("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
        }
        if (user.isEmpty()) {
            problems.add("runAsUserName's User cannot be empty");
        } else if (Errors.bytes(user) > MAX_USER) {
            problems.add("runAsUserName's User length must not be longer than " + MAX_USER + " characters");
        }
        if (DOTS_AND_SPACES.matcher(user).matches()) {
            problems.add("runAsUserName's User cannot contain only periods or spaces");
        }
        if (NOT_IN_USER.matcher(user).find()) {
            problems.add("runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]");
        }
        return problems;
    }

    /** Containers that are processes of the host: all of a pod or none, and in the host's network. */
    private static void hostProcess(JsonNode spec, String path, Errors errors) {
        JsonNode ofPod = Json.at(spec, "securityContext", "windowsOptions", "hostProcess");
        List<Boolean> processes = new ArrayList<>();
        ContainerValidation.visit(spec, path, (container, at) -> {
            JsonNode own = Json.at(container, "securityContext", "windowsOptions", "hostProcess");
            if (ofPod.isBoolean() && own.isBoolean() && ofPod.asBoolean() != own.asBoolean()) {
                errors.invalid(Errors.at(at, "securityContext.windowsOptions.hostProcess"), own,
                        "pod hostProcess value must be identical if both are specified, was " + ofPod.asBoolean());
            }
            processes.add(own.isBoolean() ? own.asBoolean() : ofPod.asBoolean());
        });
        if (processes.contains(true)) {
            if (processes.contains(false)) {
                errors.invalid(path, "", "If pod contains any hostProcess containers then all containers must be HostProcess containers");
            }
            if (!spec.path("hostNetwork").asBoolean()) {
                errors.invalid(Errors.at(path, "hostNetwork"), BooleanNode.FALSE, "hostNetwork must be true if pod contains any hostProcess containers");
            }
        }
    }
}
