package io.skerry.apiserver.response;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.apiserver.status.ApiException;
import org.junit.jupiter.api.Test;

class ViewTest {
    @Test
    void theFirstThatCanBeGivenWins() {
        assertThat(View.of(null)).isEqualTo(View.OBJECT);
        assertThat(View.of("*/*")).isEqualTo(View.OBJECT);
        assertThat(View.of("application/vnd.kubernetes.protobuf,application/json")).isEqualTo(View.OBJECT);
        assertThat(View.of("application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json")).isEqualTo(View.TABLE);
        assertThat(View.of("application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"))
                .isEqualTo(View.METADATA);
        assertThat(View.of("application/json;as=Other;g=example.com;v=v1,application/json")).isEqualTo(View.OBJECT);
    }

    @Test
    void nothingThatCanBeGivenIs406() {
        assertThatThrownBy(() -> View.of("application/vnd.kubernetes.protobuf")).isInstanceOfSatisfying(ApiException.class, e -> {
            assertThat(e.code()).isEqualTo(406);
            assertThat(e).hasMessage("only the following media types are accepted: application/json");
        });
    }
}
