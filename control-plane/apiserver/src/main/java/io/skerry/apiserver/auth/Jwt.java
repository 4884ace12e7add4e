package io.skerry.apiserver.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Base64;

/** Signs and checks JSON Web Tokens with one key (RFC 7519): ES256 with a P-256 key, RS256 with an RSA key. */
final class Jwt {
    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
    private static final Base64.Decoder DECODER = Base64.getUrlDecoder();
    private static final int P256_BYTES = 32;

    private final PrivateKey privateKey;
    private final PublicKey publicKey;
    private final String algorithm;
    private final String javaAlgorithm;
    private final String keyId;

    Jwt(KeyPair keys) {
        privateKey = keys.getPrivate();
        publicKey = keys.getPublic();
        boolean rsa = publicKey instanceof RSAPublicKey;
        if (!rsa && !(publicKey instanceof ECPublicKey ec && ec.getParams().getCurve().getField().getFieldSize() == 256)) {
            throw new IllegalArgumentException("ServiceAccount tokens are signed with a P-256 or RSA key, not with one of " + publicKey.getAlgorithm());
        }
        algorithm = rsa ? "RS256" : "ES256";
        javaAlgorithm = rsa ? "SHA256withRSA" : "SHA256withECDSAinP1363Format";
        try {
            keyId = ENCODER.encodeToString(MessageDigest.getInstance("SHA-256").digest(publicKey.getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    String sign(ObjectNode claims) {
        ObjectNode header = Json.object().put("alg", algorithm).put("kid", keyId);
        String signed = ENCODER.encodeToString(Json.bytes(header)) + "." + ENCODER.encodeToString(Json.bytes(claims));
        try {
            Signature signature = Signature.getInstance(javaAlgorithm);
            signature.initSign(privateKey);
            signature.update(signed.getBytes(StandardCharsets.US_ASCII));
            return signed + "." + ENCODER.encodeToString(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot sign a token: " + e.getMessage(), e);
        }
    }

    /** The claims of a token signed with this key, or null. Times and audience are the caller's to check. */
    JsonNode verify(String token) {
        String[] parts = token.split("\\.", -1);
        if (parts.length != 3) {
            return null;
        }
        try {
            JsonNode header = Json.parse(DECODER.decode(parts[0]));
            // the algorithm is this key's, never the token's choice
            if (!Json.text(header, "alg").equals(algorithm)) {
                return null;
            }
            Signature signature = Signature.getInstance(javaAlgorithm);
            signature.initVerify(publicKey);
            signature.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
            return signature.verify(DECODER.decode(parts[2])) ? Json.parse(DECODER.decode(parts[1])) : null;
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return null;
        }
    }

    /** The public key as a JSON Web Key Set (RFC 7517). */
    ObjectNode keySet() {
        ObjectNode set = Json.object();
        ObjectNode key = set.putArray("keys").addObject().put("use", "sig").put("kid", keyId).put("alg", algorithm);
        if (publicKey instanceof RSAPublicKey rsa) {
            key.put("kty", "RSA").put("n", unsigned(rsa.getModulus(), 0)).put("e", unsigned(rsa.getPublicExponent(), 0));
        } else if (publicKey instanceof ECPublicKey ec) {
            key.put("kty", "EC").put("crv", "P-256").put("x", unsigned(ec.getW().getAffineX(), P256_BYTES)).put("y", unsigned(ec.getW().getAffineY(), P256_BYTES));
        }
        return set;
    }

    String algorithm() {
        return algorithm;
    }

    private static String unsigned(BigInteger number, int length) {
        byte[] bytes = number.toByteArray();
        int skip = bytes.length > 1 && bytes[0] == 0 ? 1 : 0;
        int wanted = Math.max(length, bytes.length - skip);
        byte[] out = new byte[wanted];
        System.arraycopy(bytes, skip, out, wanted - (bytes.length - skip), bytes.length - skip);
        return ENCODER.encodeToString(out);
    }
}
