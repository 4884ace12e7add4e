package io.skerry.apiserver.auth;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.ApiServerConfig;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.User;
import io.skerry.machinery.json.Json;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Base64;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who trusts this cluster's accounts (OpenID Connect Discovery) checks their tokens with nothing but what the server publishes. */
class TokenDiscoveryTest {
    private static final String CONFIGURATION = "/.well-known/openid-configuration";
    private static final String KEYS = "/openid/v1/jwks";

    @TempDir
    Path folder;

    private static byte[] decoded(String base64) {
        return Base64.getUrlDecoder().decode(base64);
    }

    private static BigInteger number(JsonNode key, String field) {
        return new BigInteger(1, decoded(Json.text(key, field)));
    }

    private static PublicKey publicKey(JsonNode key) throws GeneralSecurityException {
        if (Json.text(key, "kty").equals("RSA")) {
            return KeyFactory.getInstance("RSA").generatePublic(new RSAPublicKeySpec(number(key, "n"), number(key, "e")));
        }
        assertThat(Json.text(key, "crv")).isEqualTo("P-256");
        AlgorithmParameters curve = AlgorithmParameters.getInstance("EC");
        curve.init(new ECGenParameterSpec("secp256r1"));
        return KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(new ECPoint(number(key, "x"), number(key, "y")), curve.getParameterSpec(ECParameterSpec.class)));
    }

    private static boolean verifies(PublicKey key, String algorithm, String signed, String signature) throws GeneralSecurityException {
        Signature check = Signature.getInstance(algorithm);
        check.initVerify(key);
        check.update(signed.getBytes(StandardCharsets.US_ASCII));
        return check.verify(decoded(signature));
    }

    /** @param java its name of the algorithm that tokens name so */
    private void checkedByStrangers(KeyPair keys, String algorithm, String java) throws GeneralSecurityException {
        try (TestServer api = new TestServer(folder, ApiServerConfig.defaults().withServiceAccountKey(keys))) {
            api.make("/api/v1/namespaces/default/serviceaccounts", "{metadata: {name: robot}}");
            String token = Json.text(api.send("POST", "/api/v1/namespaces/default/serviceaccounts/robot/token", "{spec: {audiences: [vault]}}").body(), "status", "token");
            User anyAccount = new User("system:serviceaccount:default:default", "system:serviceaccounts", User.AUTHENTICATED);
            assertThat(api.sendAs(User.ANONYMOUS, "GET", CONFIGURATION, null).code()).isEqualTo(403);
            assertThat(api.sendAs(User.ANONYMOUS, "GET", KEYS, null).code()).isEqualTo(403);
            JsonNode configuration = api.sendAs(anyAccount, "GET", CONFIGURATION, null).body();
            assertThat(Json.text(configuration, "issuer")).isEqualTo(ApiServerConfig.DEFAULT_ISSUER);
            assertThat(Json.text(configuration, "jwks_uri")).isEqualTo(ApiServerConfig.DEFAULT_ISSUER + KEYS);
            assertThat(configuration.path("id_token_signing_alg_values_supported")).singleElement().extracting(JsonNode::asText).isEqualTo(algorithm);

            String[] parts = token.split("\\.");
            JsonNode header = Json.parse(decoded(parts[0]));
            JsonNode claims = Json.parse(decoded(parts[1]));
            JsonNode published = api.sendAs(anyAccount, "GET", KEYS, null).body().path("keys");
            JsonNode key = StreamSupport.stream(published.spliterator(), false).filter(each -> each.path("kid").equals(header.path("kid"))).findFirst().orElseThrow();
            assertThat(Json.text(header, "alg")).isEqualTo(algorithm).isEqualTo(Json.text(key, "alg"));
            assertThat(Json.text(key, "use")).isEqualTo("sig");
            assertThat(verifies(publicKey(key), java, parts[0] + "." + parts[1], parts[2])).isTrue();
            assertThat(verifies(publicKey(key), java, parts[0] + "." + parts[0], parts[2])).as("other claims").isFalse();
            assertThat(Json.text(claims, "iss")).isEqualTo(Json.text(configuration, "issuer"));
            assertThat(Json.text(claims, "sub")).isEqualTo("system:serviceaccount:default:robot");
            assertThat(claims.path("aud")).singleElement().extracting(JsonNode::asText).isEqualTo("vault");
        }
    }

    @Test
    void withTheKeyThatTheServerMakes() throws GeneralSecurityException {
        checkedByStrangers(SigningKeys.generate(), "ES256", "SHA256withECDSAinP1363Format");
    }

    @Test
    void withAnRsaKey() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        checkedByStrangers(generator.generateKeyPair(), "RS256", "SHA256withRSA");
    }
}
