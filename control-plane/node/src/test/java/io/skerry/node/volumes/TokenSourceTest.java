package io.skerry.node.volumes;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class TokenSourceTest {
    @Test
    void renewsAtFourFifthsOrADay() {
        assertThat(TokenSource.renewal(jwt("{\"iat\":1000,\"exp\":4600}"))).isEqualTo(Instant.ofEpochSecond(1000 + 2880));
        assertThat(TokenSource.renewal(jwt("{\"iat\":1000,\"exp\":31537000}"))).isEqualTo(Instant.ofEpochSecond(1000 + 86_400));
        assertThat(TokenSource.renewal("opaque")).isNull();
        assertThat(TokenSource.renewal(jwt("{\"sub\":\"x\"}"))).isNull();
        assertThat(TokenSource.renewal("a.b.c")).isNull();
    }

    private static String jwt(String claims) { return "e30." + Base64.getUrlEncoder().withoutPadding().encodeToString(claims.getBytes(StandardCharsets.UTF_8)) + ".sig"; }
}
