package io.skerry.apiserver.pki;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * All certificates and keys of one server: three authorities (one that vouches for the API server, one for its clients, one
 * for what it tells servers of APIServices, so that none of their certificates passes for another), the API server's certificate, the front proxy's
 * and the administrator's.
 */
public final class ClusterPki {
    /** The common name of {@link #proxyCertificate}. */
    public static final String PROXY_USER = "system:auth-proxy";

    private final Path folder;
    private final CertificateAuthority serverCa;
    private final CertificateAuthority clientCa;
    private final CertificateAuthority requestHeaderCa;

    private ClusterPki(Path folder, CertificateAuthority serverCa, CertificateAuthority clientCa, CertificateAuthority requestHeaderCa) {
        this.folder = folder;
        this.serverCa = serverCa;
        this.clientCa = clientCa;
        this.requestHeaderCa = requestHeaderCa;
    }

    /**
     * Loads what is in {@code folder}, and makes or renews what is missing, expiring or lacks one of the names.
     *
     * @param names DNS names and IP addresses that the API server answers to
     * @throws IOException when a file cannot be read or written, or is not what its name says
     */
    public static ClusterPki ensure(Path folder, Collection<String> names, Clock clock) throws IOException {
        try {
            Files.createDirectories(folder);
            if (!Files.getPosixFilePermissions(folder).equals(PosixFilePermissions.fromString("rwx------"))) {
                Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
            }
            ClusterPki pki = new ClusterPki(folder,
                    CertificateAuthority.loadOrCreate(folder, "server-ca", clock),
                    CertificateAuthority.loadOrCreate(folder, "client-ca", clock),
                    CertificateAuthority.loadOrCreate(folder, "request-header-ca", clock));
            pki.ensureServing(new TreeSet<>(names));
            pki.ensureClient("client-admin", "system:admin", "system:masters", pki.clientCa);
            pki.ensureClient("client-auth-proxy", PROXY_USER, null, pki.requestHeaderCa);
            return pki;
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot make the certificates in " + folder + ": " + e.getMessage(), e);
        }
    }

    public Path serverCaCertificate() {
        return serverCa.certificateFile();
    }

    public Path clientCaCertificate() {
        return clientCa.certificateFile();
    }

    /** The authority of {@link #proxyCertificate} alone: who shows one of its certificates is believed to be this server. */
    public Path requestHeaderCaCertificate() {
        return requestHeaderCa.certificateFile();
    }

    /** What this server shows to those of APIServices. */
    public Path proxyCertificate() {
        return folder.resolve("client-auth-proxy.crt");
    }

    public Path proxyKey() {
        return folder.resolve("client-auth-proxy.key");
    }

    /** The authority of the certificates that servers show, or that clients show. */
    CertificateAuthority authority(boolean ofServers) {
        return ofServers ? serverCa : clientCa;
    }

    public Path servingCertificate() {
        return folder.resolve("serving-kube-apiserver.crt");
    }

    public Path servingKey() {
        return folder.resolve("serving-kube-apiserver.key");
    }

    /**
     * Makes the certificate by which this server calls others of its cluster, user {@code system:apiserver} of group {@code system:masters}, unless it is there.
     *
     * @throws IOException when its files cannot be read or written
     */
    public void ensureServerClient() throws IOException {
        try {
            ensureClient("client-kube-apiserver", "system:apiserver", "system:masters", clientCa);
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot make the certificates in " + folder + ": " + e.getMessage(), e);
        }
    }

    /** {@link #ensureServerClient}'s. */
    public Path serverClientCertificate() {
        return folder.resolve("client-kube-apiserver.crt");
    }

    public Path serverClientKey() {
        return folder.resolve("client-kube-apiserver.key");
    }

    /** The administrator's kubeconfig: user {@code system:admin} of group {@code system:masters}, certificates inline. */
    public String adminKubeconfig(String server) throws IOException {
        return """
                apiVersion: v1
                kind: Config
                clusters:
                - name: default
                  cluster:
                    certificate-authority-data: %s
                    server: %s
                contexts:
                - name: default
                  context:
                    cluster: default
                    user: default
                current-context: default
                preferences: {}
                users:
                - name: default
                  user:
                    client-certificate-data: %s
                    client-key-data: %s
                """.formatted(base64(Files.readString(serverCaCertificate())), server,
                base64(Files.readString(folder.resolve("client-admin.crt"))), base64(Pem.sec1(Pem.ecKey(folder.resolve("client-admin.key")))));
    }

    private void ensureServing(Set<String> names) throws IOException, GeneralSecurityException {
        if (good(servingCertificate(), servingKey(), serverCa) && covers(Pem.certificate(servingCertificate()), names)) {
            return;
        }
        List<String> ips = names.stream().filter(ClusterPki::isIpAddress).toList();
        List<String> dns = names.stream().filter(name -> !isIpAddress(name)).toList();
        write(serverCa.issueServer("kube-apiserver", dns, ips), servingCertificate(), servingKey(), serverCa);
    }

    private void ensureClient(String name, String user, String group, CertificateAuthority authority) throws IOException, GeneralSecurityException {
        Path crt = folder.resolve(name + ".crt");
        Path key = folder.resolve(name + ".key");
        if (!good(crt, key, authority)) {
            write(authority.issueClient(user, group), crt, key, authority);
        }
    }

    /** A pair that a power cut left half-written does not match, and is made again. */
    private static boolean good(Path crt, Path key, CertificateAuthority ca) throws IOException, GeneralSecurityException {
        if (!Files.exists(crt) || !Files.exists(key)) {
            return false;
        }
        X509Certificate certificate = Pem.certificate(crt);
        return ca.stillGood(certificate) && KeyMatch.matches(certificate.getPublicKey(), Pem.ecKey(key));
    }

    private static void write(CertificateAuthority.Issued issued, Path crt, Path key, CertificateAuthority ca)
            throws IOException, GeneralSecurityException {
        AtomicFile.write(key, Pem.bytes(Pem.of(issued.key())), "rw-------");
        AtomicFile.write(crt, Pem.bytes(Pem.of(issued.certificate()), Pem.of(ca.certificate())), "rw-r--r--");
    }

    private static boolean covers(X509Certificate certificate, Set<String> names) throws GeneralSecurityException {
        Collection<List<?>> present = certificate.getSubjectAlternativeNames();
        if (present == null) {
            return names.isEmpty();
        }
        Set<String> have = new TreeSet<>();
        present.forEach(entry -> have.add(String.valueOf(entry.get(1))));
        return have.containsAll(names);
    }

    private static boolean isIpAddress(String name) {
        try {
            InetAddress.ofLiteral(name);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static String base64(String pem) {
        return Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.US_ASCII));
    }
}
