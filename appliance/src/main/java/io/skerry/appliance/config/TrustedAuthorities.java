package io.skerry.appliance.config;

import io.skerry.apiserver.pki.AtomicFile;
import io.skerry.appliance.UserError;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * Certificate authorities that this process believes besides the built-in ones: what fetches from the fleet repository, from web servers and from the broker
 * takes the JDK's default trust store, which a system property names (JSSE Reference Guide, {@code javax.net.ssl.trustStore}).
 */
public final class TrustedAuthorities {
    private static final String STORE = "javax.net.ssl.trustStore";
    /** It guards nothing: the file holds certificates alone. */
    private static final String PASSWORD = "changeit";

    private TrustedAuthorities() {}

    /**
     * For the whole process; before anything connects.
     *
     * @param pem    one or more certificates in PEM; null for none
     * @param runDir where the store is put that holds them and the built-in ones
     * @throws UserError when the file cannot be read, or is none of certificates
     */
    public static void apply(Path pem, Path runDir) {
        if (pem == null) {
            return;
        }
        try {
            List<Certificate> all = new ArrayList<>(certificates(pem));
            all.addAll(builtIn());
            Files.createDirectories(runDir);
            Path file = runDir.resolve("trust.jks");
            AtomicFile.write(file, store(all), "rw-------");
            System.setProperty(STORE, file.toString());
            System.setProperty(STORE + "Type", "JKS");
            System.setProperty(STORE + "Password", PASSWORD);
        } catch (IOException | GeneralSecurityException e) {
            throw new UserError("--trust-ca-file: the authorities in " + pem + " cannot be used: " + e.getMessage(), e);
        }
    }

    private static Collection<? extends Certificate> certificates(Path pem) throws IOException {
        byte[] content;
        try {
            content = Files.readAllBytes(pem);
        } catch (IOException e) {
            throw new UserError("--trust-ca-file: " + pem + " cannot be read: " + e, e);
        }
        try {
            Collection<? extends Certificate> found = CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(content));
            if (!found.isEmpty()) {
                return found;
            }
        } catch (GeneralSecurityException e) {
            throw new UserError("--trust-ca-file: " + pem + " holds no certificates in PEM (-----BEGIN CERTIFICATE-----): " + e.getMessage(), e);
        }
        throw new UserError("--trust-ca-file: " + pem + " holds no certificates in PEM (-----BEGIN CERTIFICATE-----)");
    }

    private static List<Certificate> builtIn() throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        List<Certificate> all = new ArrayList<>();
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509TrustManager trusting) {
                all.addAll(List.of(trusting.getAcceptedIssuers()));
            }
        }
        return all;
    }

    private static byte[] store(List<Certificate> certificates) throws IOException, GeneralSecurityException {
        // Of PKCS #12 the content would be encrypted, which takes a while on a small board, for nothing.
        KeyStore store = KeyStore.getInstance("JKS");
        store.load(null, null);
        for (int i = 0; i < certificates.size(); i++) {
            store.setCertificateEntry("ca-" + i, certificates.get(i));
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        store.store(out, PASSWORD.toCharArray());
        return out.toByteArray();
    }
}
