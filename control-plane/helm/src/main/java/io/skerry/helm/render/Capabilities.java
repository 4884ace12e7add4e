package io.skerry.helm.render;

import io.skerry.helm.chart.Version;
import io.skerry.helm.encoding.GoJson;
import io.skerry.helm.template.Function;
import io.skerry.helm.template.GoFormat;
import io.skerry.helm.template.GoObject;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@code .Capabilities}: what the cluster serves. */
final class Capabilities implements GoJson.Fields {
    /** The Helm version whose behaviour this engine has, which charts may ask for. */
    static final String HELM_VERSION = "v3.21.0";
    /** What Helm assumes without a cluster: everything that is built in. */
    private static final List<String> BUILT_IN = List.of("v1", "admissionregistration.k8s.io/v1", "admissionregistration.k8s.io/v1beta1", "apiextensions.k8s.io/v1", "apps/v1",
        "authentication.k8s.io/v1", "authorization.k8s.io/v1", "autoscaling/v1", "autoscaling/v2", "batch/v1", "certificates.k8s.io/v1", "coordination.k8s.io/v1",
        "discovery.k8s.io/v1", "events.k8s.io/v1", "flowcontrol.apiserver.k8s.io/v1", "networking.k8s.io/v1", "node.k8s.io/v1", "policy/v1",
        "rbac.authorization.k8s.io/v1", "scheduling.k8s.io/v1", "storage.k8s.io/v1");

    private final KubeVersion kube;
    private final VersionSet versions;

    /** @param apiVersions empty for what is built in */
    Capabilities(String kubeVersion, Set<String> apiVersions) {
        kube = new KubeVersion(Version.parse(kubeVersion));
        versions = new VersionSet(apiVersions.isEmpty() ? new LinkedHashSet<>(BUILT_IN) : apiVersions);
    }

    Version kubeVersion() {
        return kube.version;
    }

    @Override
    public Object field(String name) {
        return switch (name) {
            case "KubeVersion" -> kube;
            case "APIVersions" -> versions;
            case "HelmVersion" -> new HelmVersion();
            default -> ABSENT;
        };
    }

    @Override
    public String typeName() {
        return "*chartutil.Capabilities";
    }

    @Override
    public String kind() {
        return "ptr";
    }

    @Override
    public String toString() {
        return "&" + GoFormat.value(jsonFields());
    }

    @Override
    public Map<String, Object> jsonFields() {
        return Map.of("KubeVersion", kube, "APIVersions", new ArrayList<>(versions), "HelmVersion", new HelmVersion());
    }

    private record KubeVersion(Version version) implements GoJson.Fields {
        @Override
        public Object field(String name) {
            return switch (name) {
                case "Version", "GitVersion", "String" -> toString();
                case "Major" -> Long.toString(version.major());
                case "Minor" -> Long.toString(version.minor());
                default -> ABSENT;
            };
        }

        @Override
        public String typeName() {
            return "chartutil.KubeVersion";
        }

        @Override
        public String toString() {
            return "v" + version;
        }

        @Override
        public Map<String, Object> jsonFields() {
            return Map.of("Version", toString(), "Major", Long.toString(version.major()), "Minor", Long.toString(version.minor()));
        }
    }

    private record HelmVersion() implements GoJson.Fields {
        @Override
        public Object field(String name) {
            return switch (name) {
                case "Version" -> HELM_VERSION;
                case "GitCommit" -> "";
                case "GitTreeState" -> "";
                case "GoVersion" -> "";
                default -> ABSENT;
            };
        }

        @Override
        public String typeName() {
            return "version.BuildInfo";
        }

        @Override
        public String toString() {
            return "{" + HELM_VERSION + "   }";
        }

        @Override
        public Map<String, Object> jsonFields() {
            return Map.of("version", HELM_VERSION);
        }
    }

    /** A list of strings that can be asked. */
    private static final class VersionSet extends AbstractList<Object> implements GoObject {
        private final List<Object> list;
        private final Set<Object> set;

        VersionSet(Set<String> versions) {
            list = new ArrayList<>(versions);
            set = new HashSet<>(versions);
        }

        @Override
        public Object field(String name) {
            return ABSENT;
        }

        @Override
        public Function method(String name) {
            return name.equals("Has") ? Function.of(name, "s", a -> set.contains(a[0])) : null;
        }

        @Override
        public Object get(int i) {
            return list.get(i);
        }

        @Override
        public int size() {
            return list.size();
        }

        @Override
        public String typeName() {
            return "chartutil.VersionSet";
        }

        @Override
        public String kind() {
            return "slice";
        }
    }
}
