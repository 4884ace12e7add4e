package io.skerry.machinery.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class TypeTableTest {

    private final TypeTable types = TypeTable.builtin();

    @Test
    void servesEveryResourceThat133ServesByDefaultAndMetrics() {
        Map<String, TreeSet<String>> served = new TreeMap<>();
        types.all().forEach(t -> served.computeIfAbsent(t.apiVersion(), k -> new TreeSet<>()).add(t.plural()));
        assertThat(served).isEqualTo(new TreeMap<>(Map.ofEntries(
                group("v1", "bindings componentstatuses configmaps endpoints events limitranges namespaces nodes persistentvolumeclaims"
                        + " persistentvolumes pods podtemplates replicationcontrollers resourcequotas secrets serviceaccounts services"),
                group("admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations validatingadmissionpolicies"
                        + " validatingadmissionpolicybindings validatingwebhookconfigurations"),
                group("apiextensions.k8s.io/v1", "customresourcedefinitions"),
                group("apiregistration.k8s.io/v1", "apiservices"),
                group("apps/v1", "controllerrevisions daemonsets deployments replicasets statefulsets"),
                group("authentication.k8s.io/v1", "selfsubjectreviews tokenreviews"),
                group("authorization.k8s.io/v1", "localsubjectaccessreviews selfsubjectaccessreviews selfsubjectrulesreviews subjectaccessreviews"),
                group("autoscaling/v1", "horizontalpodautoscalers"),
                group("autoscaling/v2", "horizontalpodautoscalers"),
                group("batch/v1", "cronjobs jobs"),
                group("certificates.k8s.io/v1", "certificatesigningrequests"),
                group("coordination.k8s.io/v1", "leases"),
                group("discovery.k8s.io/v1", "endpointslices"),
                group("events.k8s.io/v1", "events"),
                group("flowcontrol.apiserver.k8s.io/v1", "flowschemas prioritylevelconfigurations"),
                group("metrics.k8s.io/v1beta1", "nodes pods"),
                group("networking.k8s.io/v1", "ingressclasses ingresses ipaddresses networkpolicies servicecidrs"),
                group("node.k8s.io/v1", "runtimeclasses"),
                group("policy/v1", "poddisruptionbudgets"),
                group("rbac.authorization.k8s.io/v1", "clusterrolebindings clusterroles rolebindings roles"),
                group("scheduling.k8s.io/v1", "priorityclasses"),
                group("storage.k8s.io/v1", "csidrivers csinodes csistoragecapacities storageclasses volumeattachments"))));
    }

    private static Map.Entry<String, TreeSet<String>> group(String apiVersion, String plurals) {
        return Map.entry(apiVersion, new TreeSet<>(List.of(plurals.split(" "))));
    }

    @Test
    void findsByNameAndByKind() {
        ResourceType deployments = types.resource("apps", "v1", "deployments").orElseThrow();
        assertThat(types.kind("apps", "v1", "Deployment")).contains(deployments);
        assertThat(deployments.apiVersion()).isEqualTo("apps/v1");
        assertThat(deployments.listKind()).isEqualTo("DeploymentList");
        assertThat(deployments.shortNames()).containsExactly("deploy");
        assertThat(deployments.categories()).containsExactly("all");
        assertThat(deployments.hasSubresource("status")).isTrue();
        assertThat(deployments.subresource("scale")).hasValueSatisfying(s -> {
            assertThat(s.group()).isEqualTo("autoscaling");
            assertThat(s.kind()).isEqualTo("Scale");
        });
        assertThat(deployments.schema().name()).isEqualTo("io.k8s.api.apps.v1.Deployment");
        assertThat(types.resource("apps", "v1", "pods")).isEmpty();
        assertThat(types.kind("apiregistration.k8s.io", "v1", "APIService").orElseThrow().schema().name()).isEqualTo("io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService");
        assertThat(types.kind("", "v1", "Pod")).map(ResourceType::apiVersion).contains("v1");
        assertThat(types.resource("", "v1", "namespaces").orElseThrow().verbs()).doesNotContain("deletecollection");
    }

    @Test
    void knowsHowListsOfAPodMerge() {
        Schema pod = types.kind("", "v1", "Pod").orElseThrow().schema().field("spec");
        Schema containers = pod.field("containers");
        assertThat(containers.type()).isEqualTo(Schema.Type.ARRAY);
        assertThat(containers.listType()).isEqualTo(Schema.ListType.MAP);
        assertThat(containers.listMapKeys()).containsExactly("name");
        assertThat(containers.patchMerge()).isTrue();
        assertThat(containers.patchMergeKey()).isEqualTo("name");
        Schema container = containers.items();
        assertThat(container.name()).isEqualTo("io.k8s.api.core.v1.Container");
        assertThat(container.required()).containsExactly("name");
        assertThat(container.field("ports").listMapKeys()).containsExactly("containerPort", "protocol");
        assertThat(container.field("ports").patchMergeKey()).isEqualTo("containerPort");
        assertThat(container.field("ports").items().field("protocol").defaultValue().asText()).isEqualTo("TCP");
        assertThat(container.field("args").atomic()).isTrue();
        assertThat(container.field("args").patchMerge()).isFalse();
        assertThat(container.field("restartPolicyRules")).as("came with 1.34").isNull();
        assertThat(pod.field("volumes").patchReplaceKeys()).isTrue();
        assertThat(pod.field("volumes").patchMerge()).isTrue();
        assertThat(pod.field("nodeSelector").type()).isEqualTo(Schema.Type.MAP);
        assertThat(pod.field("nodeSelector").atomic()).isTrue();
        assertThat(pod.field("tolerations").listType()).isEqualTo(Schema.ListType.ATOMIC);
        assertThat(pod.field("restartPolicy").enumValues()).containsExactly("Always", "Never", "OnFailure");
        assertThat(pod.field("tolerations").items().field("tolerationSeconds").format()).isEqualTo("int64");
        Schema meta = types.schema("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta").orElseThrow();
        assertThat(meta.field("finalizers").listType()).isEqualTo(Schema.ListType.SET);
        assertThat(meta.field("finalizers").patchMerge()).isTrue();
        assertThat(meta.field("finalizers").patchMergeKey()).isEmpty();
        assertThat(meta.field("ownerReferences").listMapKeys()).containsExactly("uid");
        assertThat(meta.field("ownerReferences").items().atomic()).isTrue();
        assertThat(meta.field("labels").atomic()).isFalse();
        assertThat(meta.field("creationTimestamp").format()).isEqualTo("date-time");
        assertThat(types.schema("io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector").orElseThrow().atomic()).isTrue();
    }

    @Test
    void knowsTheKindsOfValues() {
        Schema spec = types.kind("", "v1", "Service").orElseThrow().schema().field("spec");
        assertThat(spec.field("ports").items().field("targetPort").type()).isEqualTo(Schema.Type.INT_OR_STRING);
        assertThat(spec.field("ports").listMapKeys()).containsExactly("port", "protocol");
        Schema resources = types.schema("io.k8s.api.core.v1.ResourceRequirements").orElseThrow();
        assertThat(resources.field("limits").values().type()).isEqualTo(Schema.Type.QUANTITY);
        Schema secret = types.kind("", "v1", "Secret").orElseThrow().schema();
        assertThat(secret.field("data").values().format()).isEqualTo("byte");
        assertThat(types.kind("apps", "v1", "Deployment").orElseThrow().schema().field("spec").field("strategy").patchReplaceKeys()).isTrue();
        Schema lease = types.kind("coordination.k8s.io", "v1", "Lease").orElseThrow().schema().field("spec");
        assertThat(lease.field("renewTime").format()).isEqualTo("date-time");
    }

    @Test
    void definitionsMayBeRecursive() {
        Schema props = types.schema("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps").orElseThrow();
        assertThat(props.field("properties").values().field("properties").values().name()).isEqualTo(props.name());
        assertThat(props.field("default").type()).isEqualTo(Schema.Type.ANY);
        assertThat(props.field("x-kubernetes-preserve-unknown-fields").type()).isEqualTo(Schema.Type.BOOLEAN);
    }

    @Test
    void everyDefinitionOfAnObjectIsDescribed() {
        List<String> without = types.all().stream().filter(t -> t.schema().description().isEmpty()).map(ResourceType::kind).toList();
        assertThat(without).isEmpty();
        Schema container = types.schema("io.k8s.api.core.v1.Container").orElseThrow();
        assertThat(container.field("image").description()).startsWith("Container image name.");
        assertThat(container.fields().entrySet().stream().filter(e -> e.getValue().description().isEmpty()).map(Map.Entry::getKey).collect(Collectors.toSet())).isEmpty();
        assertThat(types.schema("io.k8s.api.core.v1.ServicePort").orElseThrow().field("appProtocol").description())
                .contains("\n").doesNotContain("<br>", "&#42;");
    }

    @Test
    void loadsFromItsResource() {
        long start = System.nanoTime();
        TypeTable fresh = BuiltinTypes.load();
        System.out.println("type table: " + fresh.definitions().size() + " definitions read in " + (System.nanoTime() - start) / 1000 + " us");
        assertThat(fresh.definitions()).hasSameSizeAs(types.definitions());
    }
}
