package io.skerry.schemagenerator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PodSpec;
import org.junit.jupiter.api.Test;

class DocStringsTest {

    private static final String SOURCE = """
            /**
             * A thing of &lt;parts&gt;.<br><p> <br><p> It has &#42;many&#42;.
             */
            @JsonPropertyOrder({
                "size"
            })
            @Buildable(editableEnabled = false)
            public class Thing implements Editable<ThingBuilder> {
                @JsonProperty("size")
                private Integer size;

                /**
                 * No args constructor for use in serialization
                 */
                public Thing() {
                }

                /**
                 * How {@code big}.
                 */
                @JsonProperty("size")
                @JsonInclude(JsonInclude.Include.NON_EMPTY)
                public Integer getSize() {
                    return size;
                }

                @JsonProperty("bare")
                public String getBare() {
                    return bare;
                }
            }
            """;

    @Test
    void readsTheJavadocOfTheClassAndOfGetters() {
        DocStrings docs = DocStrings.parse(SOURCE, "Thing");
        assertThat(docs.ofClass()).isEqualTo("A thing of <parts>.\n\nIt has *many*.");
        assertThat(docs.ofProperty("size")).isEqualTo("How big.");
        assertThat(docs.ofProperty("bare")).isEmpty();
    }

    @Test
    void findsTheSourceOfAModelClass() throws Exception {
        DocStrings docs = DocStrings.of(PodSpec.class);
        assertThat(docs.ofClass()).isEqualTo("PodSpec is a description of a pod.");
        assertThat(docs.ofProperty("containers")).startsWith("List of containers belonging to the pod.");
        assertThat(docs.ofProperty("securityContext")).as("the text of PodSpec again").isEmpty();
    }
}
