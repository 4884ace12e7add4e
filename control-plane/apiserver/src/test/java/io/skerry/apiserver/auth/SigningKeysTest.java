package io.skerry.apiserver.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPairGenerator;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SigningKeysTest {
    @TempDir
    Path folder;

    @Test
    void theKeyIsMadeOnceForItsOwnerOnly() throws Exception {
        Path file = folder.resolve("key.pem");
        var made = SigningKeys.loadOrCreate(file);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-------");
        String token = new Jwt(made).sign(Json.object().put("sub", "x"));
        assertThat(Json.text(new Jwt(SigningKeys.loadOrCreate(file)).verify(token), "sub")).isEqualTo("x");
        Files.writeString(file, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
        assertThatThrownBy(() -> SigningKeys.loadOrCreate(file)).isInstanceOf(IOException.class).hasMessageContaining("key.pem does not hold").hasMessageContaining("restore it");
    }

    @Test
    void theTokenDoesNotChooseItsAlgorithm() throws Exception {
        Jwt jwt = new Jwt(SigningKeys.generate());
        ObjectNode claims = Json.object().put("sub", "x");
        String body = Base64.getUrlEncoder().withoutPadding().encodeToString(Json.bytes(claims));
        for (String header : new String[] {"{\"alg\":\"none\"}", "{\"alg\":\"HS256\"}", "{\"alg\":\"ES256\"}"}) {
            assertThat(jwt.verify(Base64.getUrlEncoder().withoutPadding().encodeToString(header.getBytes(StandardCharsets.UTF_8)) + "." + body + ".")).isNull();
        }
        assertThat(new Jwt(SigningKeys.generate()).verify(jwt.sign(claims))).as("another key").isNull();
        assertThat(jwt.verify("a.b")).isNull();
        assertThat(jwt.verify("!.!.!")).isNull();
    }

    @Test
    void rsaKeysServeToo() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        Jwt jwt = new Jwt(generator.generateKeyPair());
        assertThat(Json.text(jwt.verify(jwt.sign(Json.object().put("sub", "x"))), "sub")).isEqualTo("x");
        assertThat(jwt.keySet().path("keys").path(0).path("kty").asText()).isEqualTo("RSA");
        assertThat(new Jwt(SigningKeys.generate()).keySet().path("keys").path(0).path("x").asText()).as("32 bytes").hasSize(43);
    }
}
