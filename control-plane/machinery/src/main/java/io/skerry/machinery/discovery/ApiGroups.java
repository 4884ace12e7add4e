package io.skerry.machinery.discovery;

import io.skerry.machinery.schema.ResourceType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The order of API groups and of their versions, in which clients look a name up and in which the first version is the preferred one.
 * Built-in groups come as in kube-apiserver, others after them by name.
 */
public final class ApiGroups {

    private static final List<String> ORDER = List.of("", "apiregistration.k8s.io", "apps", "events.k8s.io", "authentication.k8s.io",
            "authorization.k8s.io", "autoscaling", "batch", "certificates.k8s.io", "networking.k8s.io", "policy", "rbac.authorization.k8s.io",
            "storage.k8s.io", "admissionregistration.k8s.io", "apiextensions.k8s.io", "scheduling.k8s.io", "coordination.k8s.io",
            "node.k8s.io", "discovery.k8s.io", "flowcontrol.apiserver.k8s.io");
    private static final Pattern VERSION = Pattern.compile("v([1-9][0-9]*)(?:(alpha|beta)([1-9][0-9]*))?");

    private ApiGroups() {}

    /** Orders group names. */
    public static Comparator<String> groups() {
        return Comparator.<String>comparingInt(g -> ORDER.contains(g) ? ORDER.indexOf(g) : ORDER.size()).thenComparing(Comparator.naturalOrder());
    }

    /** Orders versions, newest stable one first: v10, v2, v1, v11beta2, v10beta3, v3beta1, v12alpha1, foo1, foo10 (as for CRDs). */
    public static Comparator<String> versions() {
        return (a, b) -> {
            Matcher x = VERSION.matcher(a);
            Matcher y = VERSION.matcher(b);
            boolean xs = x.matches();
            boolean ys = y.matches();
            if (!xs || !ys) {
                return xs ? -1 : ys ? 1 : a.compareTo(b);
            }
            int stability = Integer.compare(stability(y.group(2)), stability(x.group(2)));
            if (stability != 0) {
                return stability;
            }
            int major = number(y.group(1), x.group(1));
            return major != 0 || x.group(3) == null ? major : number(y.group(3), x.group(3));
        };
    }

    private static int stability(String level) {
        return level == null ? 2 : level.equals("beta") ? 1 : 0;
    }

    private static int number(String a, String b) {
        return a.length() != b.length() ? Integer.compare(a.length(), b.length()) : a.compareTo(b);
    }

    /** The types by group and version, both in order; within a version by plural name. */
    static Map<String, Map<String, List<ResourceType>>> sorted(Collection<ResourceType> types) {
        Map<String, Map<String, List<ResourceType>>> out = new TreeMap<>(groups());
        types.stream().sorted(Comparator.comparing(ResourceType::plural)).forEach(t -> out
                .computeIfAbsent(t.group(), g -> new TreeMap<>(versions()))
                .computeIfAbsent(t.version(), v -> new ArrayList<>()).add(t));
        return out;
    }
}
