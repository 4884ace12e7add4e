package io.skerry.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.apiserver.ApiServerConfig;
import org.junit.jupiter.api.Test;

class BuildInfoTest {

    @Test
    void serverNodeAndCommandTellOneVersion() {
        assertThat(BuildInfo.KUBERNETES_VERSION).isEqualTo(ApiServerConfig.GIT_VERSION).endsWith("+skerry" + BuildInfo.VERSION);
    }
}
