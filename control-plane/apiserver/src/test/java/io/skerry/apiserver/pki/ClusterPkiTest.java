package io.skerry.apiserver.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.internal.CertUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.CertificateFactory;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterPkiTest {
    private static final List<String> NAMES = List.of("localhost", "kubernetes.default.svc", "127.0.0.1", "10.43.0.1");

    @TempDir
    Path folder;

    @Test
    void certificatesChainToTheirOwnAuthorityOnly() throws Exception {
        ClusterPki pki = ClusterPki.ensure(folder, NAMES, Clock.systemUTC());
        var serving = Pem.certificate(pki.servingCertificate());
        serving.verify(Pem.certificate(pki.serverCaCertificate()).getPublicKey());
        assertThatThrownBy(() -> serving.verify(Pem.certificate(pki.clientCaCertificate()).getPublicKey()))
                .isInstanceOf(java.security.SignatureException.class);
        assertThat(serving.getSubjectAlternativeNames()).extracting(entry -> String.valueOf(entry.get(1))).containsAll(NAMES);

        var admin = Pem.certificate(folder.resolve("client-admin.crt"));
        admin.verify(Pem.certificate(pki.clientCaCertificate()).getPublicKey());
        assertThat(admin.getSubjectX500Principal().getName()).isEqualTo("CN=system:admin,O=system:masters");
        assertThat(admin.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.2");
    }

    @Test
    void keysAreReadableByTheirOwnerOnly() throws Exception {
        ClusterPki.ensure(folder, NAMES, Clock.systemUTC());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder))).isEqualTo("rwx------");
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> keys = files.filter(file -> file.toString().endsWith(".key")).toList();
            assertThat(keys).hasSize(6);
            for (Path key : keys) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key))).isEqualTo("rw-------");
            }
        }
    }

    @Test
    void aSecondStartChangesNothing() throws Exception {
        ClusterPki.ensure(folder, NAMES, Clock.systemUTC());
        String before = contents();
        ClusterPki.ensure(folder, List.of("localhost"), Clock.systemUTC());
        assertThat(contents()).isEqualTo(before);
    }

    @Test
    void aNewNameRenewsTheServingCertificateButNotTheAuthority() throws Exception {
        ClusterPki pki = ClusterPki.ensure(folder, NAMES, Clock.systemUTC());
        String ca = Files.readString(pki.serverCaCertificate());
        String serving = Files.readString(pki.servingCertificate());
        ClusterPki.ensure(folder, List.of("localhost", "device-7"), Clock.systemUTC());
        assertThat(Files.readString(pki.servingCertificate())).isNotEqualTo(serving);
        assertThat(Files.readString(pki.serverCaCertificate())).isEqualTo(ca);
    }

    @Test
    void whatExpiresSoonIsRenewed() throws Exception {
        ClusterPki pki = ClusterPki.ensure(folder, NAMES, Clock.systemUTC());
        String serving = Files.readString(pki.servingCertificate());
        String admin = Files.readString(folder.resolve("client-admin.crt"));
        ClusterPki.ensure(folder, NAMES, Clock.offset(Clock.systemUTC(), Duration.ofDays(300)));
        assertThat(Files.readString(pki.servingCertificate())).isNotEqualTo(serving);
        assertThat(Files.readString(folder.resolve("client-admin.crt"))).isNotEqualTo(admin);
    }

    @Test
    void aPairThatDoesNotMatchIsMadeAgain() throws Exception {
        ClusterPki pki = ClusterPki.ensure(folder, NAMES, Clock.systemUTC());
        Files.copy(folder.resolve("client-admin.key"), pki.servingKey(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        ClusterPki.ensure(folder, NAMES, Clock.systemUTC());
        assertThat(KeyMatch.matches(Pem.certificate(pki.servingCertificate()).getPublicKey(), Pem.ecKey(pki.servingKey()))).isTrue();
    }

    @Test
    void aLostAuthorityKeyIsAnErrorAndNotANewAuthority() throws Exception {
        ClusterPki pki = ClusterPki.ensure(folder, NAMES, Clock.systemUTC());
        String ca = Files.readString(pki.serverCaCertificate());
        Files.delete(folder.resolve("server-ca.key"));
        assertThatThrownBy(() -> ClusterPki.ensure(folder, NAMES, Clock.systemUTC()))
                .isInstanceOf(IOException.class).hasMessageContaining("server-ca.key");
        assertThat(Files.readString(pki.serverCaCertificate())).isEqualTo(ca);
    }

    @Test
    void anUnreadableKeyIsNamed() throws Exception {
        ClusterPki pki = ClusterPki.ensure(folder, NAMES, Clock.systemUTC());
        Files.writeString(pki.servingKey(), "not a key");
        assertThatThrownBy(() -> ClusterPki.ensure(folder, NAMES, Clock.systemUTC()))
                .isInstanceOf(IOException.class).hasMessageContaining("serving-kube-apiserver.key is not a PEM PKCS #8 EC private key");
    }

    @Test
    void theKubeconfigWorksForClientsThatGoByTheKeysHeader() throws Exception {
        ClusterPki pki = ClusterPki.ensure(folder, NAMES, Clock.systemUTC());
        Config config = Config.fromKubeconfig(pki.adminKubeconfig("https://127.0.0.1:6443"));
        assertThat(config.getMasterUrl()).isEqualTo("https://127.0.0.1:6443/");
        String key = new String(Base64.getDecoder().decode(config.getClientKeyData()));
        assertThat(key).startsWith("-----BEGIN EC PRIVATE KEY-----");
        PEMKeyPair pair = (PEMKeyPair) new PEMParser(new StringReader(key)).readObject();
        var certificate = CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(Base64.getDecoder().decode(config.getClientCertData())));
        assertThat(pair.getPublicKeyInfo().getEncoded()).isEqualTo(certificate.getPublicKey().getEncoded());
        assertThat(CertUtils.createKeyStore(config.getClientCertData(), null, config.getClientKeyData(), null, config.getClientKeyAlgo(), "", null, "").size()).isEqualTo(1);
    }

    private String contents() throws IOException {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                all.append(file).append('\n').append(Files.readString(file));
            }
        }
        return all.toString();
    }
}
