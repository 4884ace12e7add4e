package io.skerry.apiserver.response;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.apiserver.status.ApiException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AcceptedTest {
    private static final Accepted JSON = new Accepted(View.OBJECT, false);
    private static final Accepted YAML = new Accepted(View.OBJECT, true);

    @Test
    void theFirstThatCanBeGivenWins() {
        assertThat(Accepted.of((String) null)).isEqualTo(JSON);
        assertThat(Accepted.of("*/*")).isEqualTo(JSON);
        assertThat(Accepted.of("application/vnd.kubernetes.protobuf,application/json")).isEqualTo(JSON);
        assertThat(Accepted.of("application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"))
                .isEqualTo(new Accepted(View.TABLE, false));
        assertThat(Accepted.of("application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"))
                .isEqualTo(new Accepted(View.METADATA, false));
        assertThat(Accepted.of("application/json;as=Other;g=example.com;v=v1,application/json")).isEqualTo(JSON);
        assertThat(Accepted.of("application/yaml;as=Table;v=v1;g=meta.k8s.io")).isEqualTo(new Accepted(View.TABLE, true));
        assertThat(JSON.isStored()).isTrue();
        assertThat(YAML.isStored()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "application/yaml | true", "APPLICATION/YAML; charset=utf-8 | true", "application/yaml, application/json | true", "application/json, application/yaml | false",
        "application/json;q=0.5, application/yaml;q=0.9 | true", "application/json;q=0.5, application/yaml | true", "application/yaml;q=0.1, */* | false",
        "*/*, application/yaml | true", "application/* | false", "* | false", "text/html, application/xml;q=0.9, */*;q=0.8 | false", "application/yaml;q=x, application/json;q=0.1 | false"})
    void thePreferredOneIsGiven(String accept, boolean yaml) {
        assertThat(Accepted.of(accept)).isEqualTo(yaml ? YAML : JSON);
    }

    @Test
    void nothingThatCanBeGivenIs406() {
        for (String accept : new String[] {"application/vnd.kubernetes.protobuf", "text/html", ";;", "application/json;as=Other;v=v1;g=example.com"}) {
            assertThatThrownBy(() -> Accepted.of(accept)).isInstanceOfSatisfying(ApiException.class, e -> {
                assertThat(e.code()).isEqualTo(406);
                assertThat(e).hasMessage("only the following media types are accepted: application/json, application/yaml");
            });
            assertThat(Accepted.ofFailure(accept)).as("an error is told all the same").isEqualTo(JSON);
        }
    }
}
