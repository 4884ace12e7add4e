package io.skerry.apiserver.admission.podsecurity;

import static io.skerry.apiserver.admission.podsecurity.PodView.context;
import static io.skerry.apiserver.admission.podsecurity.PodView.plural;
import static io.skerry.apiserver.admission.podsecurity.PodView.quoted;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The checks of the level baseline (KEP-2579, k8s.io/pod-security-admission/policy), in the order of their names. */
final class BaselineChecks {
    private static final Set<String> CAPABILITIES = Set.of("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID",
            "SETPCAP", "SETUID", "SYS_CHROOT");
    private static final Set<String> PROFILES = Set.of("RuntimeDefault", "Localhost");
    private static final String APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/";
    private static final Map<Integer, Set<String>> SYSCTLS = Map.of(
            0, Set.of("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start"),
            27, Set.of("net.ipv4.ip_local_reserved_ports"),
            29, Set.of("net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes"),
            32, Set.of("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"));

    private final PodView pod;
    private final int minor;
    private final List<Violation> found = new ArrayList<>();

    private BaselineChecks(PodView pod, int minor) {
        this.pod = pod;
        this.minor = minor;
    }

    /** @param restricted leaves out what restricted checks more strictly */
    static List<Violation> check(PodView pod, int minor, boolean restricted) {
        BaselineChecks checks = new BaselineChecks(pod, minor);
        checks.appArmor();
        if (!restricted || minor < 22) {
            checks.capabilities();
        }
        checks.hostNamespaces();
        if (!restricted) {
            checks.hostPaths();
        }
        checks.hostPorts();
        checks.privileged();
        checks.procMount();
        checks.seLinux();
        if (minor >= 19 && !restricted) {
            checks.seccomp();
        }
        checks.sysctls();
        checks.windows();
        return checks.found;
    }

    private void add(String reason, String detail) {
        found.add(new Violation(reason, detail));
    }

    private void appArmor() {
        Set<String> values = new TreeSet<>(pod.values(true, PROFILES, "appArmorProfile", "type"));
        List<String> setters = new ArrayList<>(PodView.setters(bad(pod.spec(), "appArmorProfile"), pod.bad(c -> bad(c, "appArmorProfile"))));
        List<String> all = new ArrayList<>(values);
        Set<String> annotations = new TreeSet<>();
        Json.at(pod.metadata(), "annotations").properties().forEach(annotation -> {
            String value = annotation.getValue().asText();
            if (annotation.getKey().startsWith(APP_ARMOR) && !value.isEmpty() && !value.equals("runtime/default") && !value.startsWith("localhost/")) {
                annotations.add(annotation.getKey() + "=\"" + value + "\"");
            }
        });
        if (!annotations.isEmpty()) {
            all.addAll(annotations);
            setters.add(plural("annotation", annotations.size()));
        }
        if (!setters.isEmpty()) {
            add(plural("forbidden AppArmor profile", all.size()), String.join(" and ", setters) + " must not set AppArmor profile type to " + quoted(all));
        }
    }

    private static boolean bad(JsonNode holder, String profile) {
        JsonNode type = Json.at(context(holder), profile, "type");
        return type.isTextual() && !PROFILES.contains(type.asText());
    }

    private void capabilities() {
        Set<String> values = new TreeSet<>();
        List<String> names = pod.bad(c -> {
            boolean fits = true;
            for (JsonNode capability : Json.at(context(c), "capabilities", "add")) {
                if (!CAPABILITIES.contains(capability.asText())) {
                    values.add(capability.asText());
                    fits = false;
                }
            }
            return !fits;
        });
        if (!names.isEmpty()) {
            add("non-default capabilities", PodView.containers(names) + " must not include " + quoted(values) + " in securityContext.capabilities.add");
        }
    }

    private void hostNamespaces() {
        List<String> set = new ArrayList<>();
        for (String field : List.of("hostNetwork", "hostPID", "hostIPC")) {
            if (pod.spec().path(field).asBoolean()) {
                set.add(field + "=true");
            }
        }
        if (!set.isEmpty()) {
            add("host namespaces", String.join(", ", set));
        }
    }

    private void hostPaths() {
        List<String> names = new ArrayList<>();
        for (JsonNode volume : pod.spec().path("volumes")) {
            if (volume.path("hostPath").isObject()) {
                names.add(Json.text(volume, "name"));
            }
        }
        if (!names.isEmpty()) {
            add("hostPath volumes", plural("volume", names.size()) + " " + quoted(names));
        }
    }

    private void hostPorts() {
        Set<String> ports = new TreeSet<>();
        List<String> names = pod.bad(c -> {
            boolean any = false;
            for (JsonNode port : c.path("ports")) {
                if (port.path("hostPort").asInt() != 0) {
                    ports.add(port.path("hostPort").asText());
                    any = true;
                }
            }
            return any;
        });
        if (!names.isEmpty()) {
            add("hostPort", PodView.containers(names) + (names.size() == 1 ? " uses " : " use ") + plural("hostPort", ports.size()) + " " + String.join(", ", ports));
        }
    }

    private void privileged() {
        List<String> names = pod.bad(c -> context(c).path("privileged").asBoolean());
        if (!names.isEmpty()) {
            add("privileged", PodView.containers(names) + " must not set securityContext.privileged=true");
        }
    }

    private void procMount() {
        Set<String> allowed = Set.of("Default");
        List<String> names = pod.bad(c -> context(c).path("procMount").isTextual() && !allowed.contains(context(c).path("procMount").asText()));
        if (!names.isEmpty()) {
            add("procMount", PodView.containers(names) + " must not set securityContext.procMount to " + quoted(pod.values(false, allowed, "procMount")));
        }
    }

    private void seLinux() {
        Set<String> types = new HashSet<>(Set.of("", "container_t", "container_init_t", "container_kvm_t"));
        if (minor >= 31) {
            types.add("container_engine_t");
        }
        List<JsonNode> holders = new ArrayList<>(pod.containers());
        holders.add(pod.spec());
        boolean user = false;
        boolean role = false;
        Set<String> badTypes = new TreeSet<>();
        for (JsonNode holder : holders) {
            JsonNode options = context(holder).path("seLinuxOptions");
            user |= !Json.text(options, "user").isEmpty();
            role |= !Json.text(options, "role").isEmpty();
            if (!types.contains(Json.text(options, "type"))) {
                badTypes.add(Json.text(options, "type"));
            }
        }
        List<String> setters = PodView.setters(badOptions(pod.spec(), types), pod.bad(c -> badOptions(c, types)));
        if (!setters.isEmpty()) {
            List<String> data = new ArrayList<>();
            if (!badTypes.isEmpty()) {
                data.add(plural("type", badTypes.size()) + " " + quoted(badTypes));
            }
            if (user) {
                data.add("user may not be set");
            }
            if (role) {
                data.add("role may not be set");
            }
            add("seLinuxOptions", String.join(" and ", setters) + " set forbidden securityContext.seLinuxOptions: " + String.join("; ", data));
        }
    }

    private static boolean badOptions(JsonNode holder, Set<String> types) {
        JsonNode options = context(holder).path("seLinuxOptions");
        return !types.contains(Json.text(options, "type")) || !Json.text(options, "user").isEmpty() || !Json.text(options, "role").isEmpty();
    }

    private void seccomp() {
        List<String> setters = PodView.setters(bad(pod.spec(), "seccompProfile"), pod.bad(c -> bad(c, "seccompProfile")));
        if (!setters.isEmpty()) {
            add("seccompProfile", String.join(" and ", setters) + " must not set securityContext.seccompProfile.type to "
                    + quoted(pod.values(true, PROFILES, "seccompProfile", "type")));
        }
    }

    private void sysctls() {
        Set<String> allowed = new HashSet<>();
        SYSCTLS.forEach((since, names) -> {
            if (minor >= since) {
                allowed.addAll(names);
            }
        });
        List<String> names = new ArrayList<>();
        for (JsonNode sysctl : context(pod.spec()).path("sysctls")) {
            if (!allowed.contains(Json.text(sysctl, "name"))) {
                names.add(Json.text(sysctl, "name"));
            }
        }
        if (!names.isEmpty()) {
            add("forbidden sysctls", String.join(", ", names));
        }
    }

    private void windows() {
        List<String> setters = PodView.setters(Json.at(context(pod.spec()), "windowsOptions", "hostProcess").asBoolean(),
                pod.bad(c -> Json.at(context(c), "windowsOptions", "hostProcess").asBoolean()));
        if (!setters.isEmpty()) {
            add("hostProcess", String.join(" and ", setters) + " must not set securityContext.windowsOptions.hostProcess=true");
        }
    }
}
