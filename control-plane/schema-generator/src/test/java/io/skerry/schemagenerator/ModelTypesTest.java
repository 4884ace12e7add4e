package io.skerry.schemagenerator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;

class ModelTypesTest {
    private static final String MODEL = "io.fabric8.kubernetes.api.model.";

    /** Names Pod in a signature only. */
    interface Reader {
        List<Pod> read();
    }

    /** Names Service through its builder only. */
    static final class Writer {
        Object write() {
            return new ServiceBuilder().withNewMetadata().withName("a").endMetadata().build();
        }
    }

    @Group("test.skerry.io")
    @Version("v1")
    static final class Own extends CustomResource<String, String> implements Namespaced {}

    @Test
    void followsFieldsFromTheTypesThatAreNamed() throws Exception {
        SortedMap<String, ModelTypes.Members> types = namedBy(Reader.class);
        assertThat(types).containsKeys(MODEL + "Pod", MODEL + "PodList", MODEL + "PodSpec", MODEL + "Container", MODEL + "Probe", MODEL + "ObjectMeta");
        assertThat(types).as("what the client itself needs").containsKeys(MODEL + "Status", MODEL + "WatchEvent", MODEL + "ListOptions");
        assertThat(types).doesNotContainKeys(MODEL + "Service", MODEL + "apps.Deployment");
    }

    @Test
    void whatABuilderMakesIsNamedByIt() throws Exception {
        assertThat(namedBy(Writer.class)).containsKeys(MODEL + "Service", MODEL + "ServicePort").doesNotContainKey(MODEL + "ServiceBuilder");
    }

    @Test
    void showsBeansToJacksonButNotTheWaysToBuilders() throws Exception {
        ModelTypes.Members pod = namedBy(Reader.class).get(MODEL + "Pod");
        assertThat(pod.fields()).isTrue();
        assertThat(pod.methods()).contains(new ModelTypes.Method("<init>", List.of()), new ModelTypes.Method("getSpec", List.of()),
                new ModelTypes.Method("setSpec", List.of(MODEL + "PodSpec")),
                new ModelTypes.Method("setAdditionalProperty", List.of("java.lang.String", "java.lang.Object")));
        assertThat(pod.methods()).extracting(ModelTypes.Method::name).doesNotContain("toBuilder", "edit");
    }

    @Test
    void deserializersOfAnnotationsCanBeMade() throws Exception {
        assertThat(namedBy(Reader.class).get(MODEL + "Quantity$Deserializer").methods()).contains(new ModelTypes.Method("<init>", List.of()));
    }

    @Test
    void ownCustomResourcesAndTheirParentAreBeansToo() throws Exception {
        SortedMap<String, ModelTypes.Members> types = namedBy(Own.class);
        assertThat(types.get(Own.class.getName()).methods()).contains(new ModelTypes.Method("<init>", List.of()));
        assertThat(types.get(CustomResource.class.getName()).methods()).contains(new ModelTypes.Method("getSpec", List.of()));
    }

    private static SortedMap<String, ModelTypes.Members> namedBy(Class<?> own) throws IOException {
        ModelTypes types = new ModelTypes(ModelTypesTest.class.getClassLoader());
        try (InputStream in = own.getResourceAsStream("/" + own.getName().replace('.', '/') + ".class")) {
            types.addNamedBy(in.readAllBytes());
        }
        return types.close();
    }
}
