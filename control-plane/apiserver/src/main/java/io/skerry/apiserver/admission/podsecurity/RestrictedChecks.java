package io.skerry.apiserver.admission.podsecurity;

import static io.skerry.apiserver.admission.podsecurity.PodView.context;
import static io.skerry.apiserver.admission.podsecurity.PodView.plural;
import static io.skerry.apiserver.admission.podsecurity.PodView.quoted;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What the level restricted asks beyond baseline (KEP-2579, k8s.io/pod-security-admission/policy), in the order of the checks' names. */
final class RestrictedChecks {
    private static final Set<String> VOLUMES = Set.of("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret");
    private static final Set<String> PROFILES = Set.of("RuntimeDefault", "Localhost");

    private final PodView pod;
    private final List<Violation> found = new ArrayList<>();

    private RestrictedChecks(PodView pod) {
        this.pod = pod;
    }

    static List<Violation> check(PodView pod, int minor) {
        RestrictedChecks checks = new RestrictedChecks(pod);
        boolean exempt = minor >= 25 && pod.isWindows();
        if (minor >= 8 && !exempt) {
            checks.privilegeEscalation();
        }
        if (minor >= 22 && !exempt) {
            checks.capabilities();
        }
        checks.volumes();
        checks.nonRoot();
        if (minor >= 23) {
            checks.user();
        }
        if (minor >= 19 && !exempt) {
            checks.seccomp();
        }
        return checks.found;
    }

    private void add(String reason, String detail) {
        found.add(new Violation(reason, detail));
    }

    private void privilegeEscalation() {
        List<String> names = pod.bad(c -> context(c).path("allowPrivilegeEscalation").asBoolean(true));
        if (!names.isEmpty()) {
            add("allowPrivilegeEscalation != false", PodView.containers(names) + " must set securityContext.allowPrivilegeEscalation=false");
        }
    }

    private void capabilities() {
        List<String> details = new ArrayList<>();
        List<String> missing = pod.bad(c -> {
            for (JsonNode dropped : Json.at(context(c), "capabilities", "drop")) {
                if (dropped.asText().equals("ALL")) {
                    return false;
                }
            }
            return true;
        });
        if (!missing.isEmpty()) {
            details.add(PodView.containers(missing) + " must set securityContext.capabilities.drop=[\"ALL\"]");
        }
        Set<String> forbidden = new TreeSet<>();
        List<String> adding = pod.bad(c -> {
            boolean bad = false;
            for (JsonNode added : Json.at(context(c), "capabilities", "add")) {
                if (!added.asText().equals("NET_BIND_SERVICE")) {
                    forbidden.add(added.asText());
                    bad = true;
                }
            }
            return bad;
        });
        if (!adding.isEmpty()) {
            details.add(PodView.containers(adding) + " must not include " + quoted(forbidden) + " in securityContext.capabilities.add");
        }
        if (!details.isEmpty()) {
            add("unrestricted capabilities", String.join("; ", details));
        }
    }

    private void volumes() {
        List<String> names = new ArrayList<>();
        Set<String> types = new TreeSet<>();
        for (JsonNode volume : pod.spec().path("volumes")) {
            String type = "unknown";
            for (Map.Entry<String, JsonNode> field : volume.properties()) {
                type = field.getValue().isObject() ? field.getKey() : type;
            }
            if (!VOLUMES.contains(type)) {
                names.add(Json.text(volume, "name"));
                types.add(type);
            }
        }
        if (!names.isEmpty()) {
            add("restricted volume types", plural("volume", names.size()) + " " + quoted(names) + (names.size() == 1 ? " uses " : " use ")
                    + plural("restricted volume type", types.size()) + " " + quoted(types));
        }
    }

    private void nonRoot() {
        JsonNode ofPod = context(pod.spec()).path("runAsNonRoot");
        List<String> setters = PodView.setters(ofPod.isBoolean() && !ofPod.asBoolean(),
                pod.bad(c -> context(c).path("runAsNonRoot").isBoolean() && !context(c).path("runAsNonRoot").asBoolean()));
        if (!setters.isEmpty()) {
            add("runAsNonRoot != true", String.join(" and ", setters) + " must not set securityContext.runAsNonRoot=false");
            return;
        }
        List<String> implicit = ofPod.asBoolean() ? List.of() : pod.bad(c -> !context(c).path("runAsNonRoot").isBoolean());
        if (!implicit.isEmpty()) {
            add("runAsNonRoot != true", "pod or " + PodView.containers(implicit) + " must set securityContext.runAsNonRoot=true");
        }
    }

    private void user() {
        List<String> setters = PodView.setters(isRoot(pod.spec()), pod.bad(RestrictedChecks::isRoot));
        if (!setters.isEmpty()) {
            add("runAsUser=0", String.join(" and ", setters) + " must not set runAsUser=0");
        }
    }

    private static boolean isRoot(JsonNode holder) {
        JsonNode user = context(holder).path("runAsUser");
        return user.isNumber() && user.asLong() == 0;
    }

    private void seccomp() {
        JsonNode ofPod = Json.at(context(pod.spec()), "seccompProfile", "type");
        boolean badPod = ofPod.isTextual() && !PROFILES.contains(ofPod.asText());
        List<String> setters = PodView.setters(badPod, pod.bad(c -> {
            JsonNode type = Json.at(context(c), "seccompProfile", "type");
            return type.isTextual() && !PROFILES.contains(type.asText());
        }));
        if (!setters.isEmpty()) {
            add("seccompProfile", String.join(" and ", setters) + " must not set securityContext.seccompProfile.type to "
                    + quoted(pod.values(true, PROFILES, "seccompProfile", "type")));
            return;
        }
        List<String> implicit = ofPod.isTextual() ? List.of() : pod.bad(c -> !context(c).path("seccompProfile").isObject());
        if (!implicit.isEmpty()) {
            add("seccompProfile", "pod or " + PodView.containers(implicit) + " must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"");
        }
    }
}
