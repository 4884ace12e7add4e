package io.skerry.gitops.mqtt;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** TLS to the broker, from PEM files that are read at each connection, so that renewed ones are used. */
final class Tls {

    private static final String BEGIN_KEY = "-----BEGIN PRIVATE KEY-----";

    private Tls() {}

    static SSLSocketFactory socketFactory(MqttConfig config) throws IOException, GeneralSecurityException {
        TrustManager[] trust = null;
        if (config.caFile().isPresent()) {
            KeyStore store = empty();
            int number = 0;
            for (Certificate certificate : certificates(config.caFile().get())) store.setCertificateEntry("ca" + number++, certificate);
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            trust = factory.getTrustManagers();
        }
        KeyManager[] keys = null;
        if (config.certFile().isPresent()) {
            KeyStore store = empty();
            Certificate[] chain = certificates(config.certFile().get()).toArray(new Certificate[0]);
            store.setKeyEntry("client", key(config.keyFile().orElseThrow(), chain[0].getPublicKey().getAlgorithm()), new char[0], chain);
            KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(store, new char[0]);
            keys = factory.getKeyManagers();
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys, trust, null);
        return context.getSocketFactory();
    }

    private static KeyStore empty() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static Collection<? extends Certificate> certificates(Path file) throws IOException, GeneralSecurityException {
        Collection<? extends Certificate> found;
        try {
            found = CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file)));
        } catch (GeneralSecurityException e) {
            throw new GeneralSecurityException(file + " holds no PEM certificates: " + e.getMessage(), e);
        }
        if (found.isEmpty()) throw new GeneralSecurityException(file + " holds no PEM certificates");
        return List.copyOf(found);
    }

    private static PrivateKey key(Path file, String algorithm) throws IOException, GeneralSecurityException {
        String text = Files.readString(file);
        int begin = text.indexOf(BEGIN_KEY);
        int end = text.indexOf("-----END PRIVATE KEY-----");
        if (begin < 0 || end < begin) throw new GeneralSecurityException(file + " holds no unencrypted PKCS#8 key (\"" + BEGIN_KEY + "\")");
        byte[] key = Base64.getMimeDecoder().decode(text.substring(begin + BEGIN_KEY.length(), end));
        try {
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(key));
        } catch (InvalidKeySpecException e) {
            throw new GeneralSecurityException("the key in " + file + " is not the certificate's: " + e.getMessage(), e);
        }
    }
}
