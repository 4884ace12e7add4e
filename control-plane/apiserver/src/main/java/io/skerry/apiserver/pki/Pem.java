package io.skerry.apiserver.pki;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.crypto.ec.CustomNamedCurves;

/** Certificates and EC private keys as PEM text (RFC 7468); keys are PKCS #8. */
public final class Pem {
    private static final Base64.Encoder LINES = Base64.getMimeEncoder(64, new byte[] {'\n'});

    private Pem() {}

    public static String of(X509Certificate certificate) throws GeneralSecurityException {
        return block("CERTIFICATE", certificate.getEncoded());
    }

    public static String of(PrivateKey key) {
        return block("PRIVATE KEY", key.getEncoded());
    }

    /**
     * The key as SEC 1 text ({@code EC PRIVATE KEY}): clients that look at the header for the algorithm, such as fabric8's, need it. The public
     * key is in it, as Go and OpenSSL write it: the official Java client reads no other.
     */
    static String sec1(ECPrivateKey key) throws IOException {
        byte[] point = CustomNamedCurves.getByOID(SECObjectIdentifiers.secp256r1).getG().multiply(key.getS()).normalize().getEncoded(false);
        return block("EC PRIVATE KEY",
                new org.bouncycastle.asn1.sec.ECPrivateKey(256, key.getS(), new DERBitString(point), SECObjectIdentifiers.secp256r1).getEncoded());
    }

    /** @throws IOException when the file cannot be read or holds no certificate */
    public static X509Certificate certificate(Path file) throws IOException {
        try {
            return (X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(file)));
        } catch (GeneralSecurityException e) {
            throw new IOException(file + " is not a PEM certificate: " + e.getMessage(), e);
        }
    }

    /** @throws IOException when the file cannot be read or holds no PKCS #8 EC key */
    public static ECPrivateKey ecKey(Path file) throws IOException {
        String text = Files.readString(file);
        try {
            String base64 = text.replaceAll("-----(BEGIN|END) PRIVATE KEY-----", "").replaceAll("\\s", "");
            return (ECPrivateKey) KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64)));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException(file + " is not a PEM PKCS #8 EC private key: " + e.getMessage(), e);
        }
    }

    static byte[] bytes(String... blocks) {
        return String.join("", blocks).getBytes(StandardCharsets.US_ASCII);
    }

    private static String block(String label, byte[] der) {
        return "-----BEGIN " + label + "-----\n" + LINES.encodeToString(der) + "\n-----END " + label + "-----\n";
    }
}
