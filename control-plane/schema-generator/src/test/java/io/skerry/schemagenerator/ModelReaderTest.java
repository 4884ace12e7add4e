package io.skerry.schemagenerator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ModelReaderTest {

    @Test
    void readsEveryResourceAndUsesEveryFact() throws Exception {
        ModelReader reader = new ModelReader();
        List<Model.Resource> resources = reader.resources();
        assertThat(reader.unusedFacts()).isEmpty();
        assertThat(resources).hasSize(63);
        assertThat(reader.definitions().keySet()).hasSizeBetween(440, 480).contains("io.k8s.api.core.v1.Pod", "io.k8s.api.autoscaling.v1.Scale",
                "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService", "io.k8s.api.networking.v1.ServiceCIDR");
        // types of the Java model that came after 1.33 are reached only through fields that are left out
        assertThat(reader.definitions().keySet()).doesNotContain("io.k8s.api.core.v1.FileKeySelector", "io.k8s.api.core.v1.PodCertificateProjection");
    }

    @Test
    void everyReferenceIsDefined() throws Exception {
        ModelReader reader = new ModelReader();
        reader.resources();
        TreeSet<String> missing = new TreeSet<>();
        reader.definitions().values().stream().filter(d -> d.fields() != null).forEach(d -> d.fields().values().forEach(f -> {
            Model.Type type = f.type();
            while (!(type instanceof Model.Plain)) {
                if (type instanceof Model.Reference r) {
                    if (!reader.definitions().containsKey(r.definition())) {
                        missing.add(r.definition());
                    }
                    break;
                }
                type = type instanceof Model.ListOf l ? l.items() : ((Model.MapOf) type).values();
            }
        }));
        assertThat(missing).isEmpty();
    }
}
