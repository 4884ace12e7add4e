package io.skerry.apiserver.pki;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** One certificate authority: a self-signed EC P-256 certificate and its key, in {@code <name>.crt} and {@code <name>.key}. */
public final class CertificateAuthority {
    private static final Duration CA_VALIDITY = Duration.ofDays(3650);
    private static final Duration LEAF_VALIDITY = Duration.ofDays(365);
    /** k3s renews what has less than this left when it starts. */
    static final Duration RENEW_BEFORE = Duration.ofDays(90);
    /** Devices without a real-time clock may be behind: certificates start a day early. */
    private static final Duration CLOCK_SLACK = Duration.ofDays(1);

    private final Path certificateFile;
    private final X509Certificate certificate;
    private final PrivateKey key;
    private final Clock clock;

    private CertificateAuthority(Path certificateFile, X509Certificate certificate, PrivateKey key, Clock clock) {
        this.certificateFile = certificateFile;
        this.certificate = certificate;
        this.key = key;
        this.clock = clock;
    }

    /**
     * Loads the authority from {@code folder}, or makes it when neither of its two files is there.
     *
     * @throws IOException when one file of the two is missing or unreadable: a lost key is never replaced silently,
     *     because everything that was issued would stop being trusted
     */
    static CertificateAuthority loadOrCreate(Path folder, String name, Clock clock) throws IOException, GeneralSecurityException {
        Path crt = folder.resolve(name + ".crt");
        Path keyFile = folder.resolve(name + ".key");
        if (Files.exists(crt)) {
            return new CertificateAuthority(crt, Pem.certificate(crt), Pem.ecKey(keyFile), clock);
        }
        // The key is written first: a key without a certificate is a half-made authority that nothing has been issued from.
        KeyPair pair = newKeyPair();
        Instant now = clock.instant();
        X500Name subject = new X500NameBuilder(BCStyle.INSTANCE)
                .addRDN(BCStyle.CN, "skerry-" + name + "@" + now.getEpochSecond()).build();
        X509v3CertificateBuilder builder = builder(subject, subject, pair.getPublic(), now, CA_VALIDITY);
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
        builder.addExtension(Extension.keyUsage, true,
                new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyEncipherment | KeyUsage.keyCertSign));
        X509Certificate certificate = sign(builder, pair.getPrivate());
        AtomicFile.write(keyFile, Pem.bytes(Pem.of(pair.getPrivate())), "rw-------");
        AtomicFile.write(crt, Pem.bytes(Pem.of(certificate)), "rw-r--r--");
        return new CertificateAuthority(crt, certificate, pair.getPrivate(), clock);
    }

    public Path certificateFile() {
        return certificateFile;
    }

    public X509Certificate certificate() {
        return certificate;
    }

    /** A certificate for a TLS server that answers to the given DNS names and IP addresses. */
    Issued issueServer(String commonName, List<String> dnsNames, List<String> ipAddresses)
            throws IOException, GeneralSecurityException {
        GeneralName[] names = new GeneralName[dnsNames.size() + ipAddresses.size()];
        int i = 0;
        for (String dns : dnsNames) {
            names[i++] = new GeneralName(GeneralName.dNSName, dns);
        }
        for (String ip : ipAddresses) {
            names[i++] = new GeneralName(GeneralName.iPAddress, ip);
        }
        return issue(new X500NameBuilder(BCStyle.INSTANCE).addRDN(BCStyle.CN, commonName).build(),
                KeyPurposeId.id_kp_serverAuth, new GeneralNames(names));
    }

    /** A client certificate: Kubernetes reads the user from CN and the group from O. @param group null for none */
    Issued issueClient(String user, String group) throws IOException, GeneralSecurityException {
        X500NameBuilder name = new X500NameBuilder(BCStyle.INSTANCE);
        if (group != null) {
            name.addRDN(BCStyle.O, group);
        }
        return issue(name.addRDN(BCStyle.CN, user).build(), KeyPurposeId.id_kp_clientAuth, null);
    }

    /**
     * A certificate for someone else's key.
     *
     * @param names alternative names, or null
     * @param validity from now; cut to what the authority itself still has
     */
    X509Certificate sign(PublicKey subjectKey, X500Name subject, int keyUsage, List<KeyPurposeId> purposes, GeneralNames names, Duration validity)
            throws IOException, GeneralSecurityException {
        X500Name issuer = X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
        Instant now = clock.instant();
        Duration left = Duration.between(now, certificate.getNotAfter().toInstant());
        X509v3CertificateBuilder builder = builder(issuer, subject, subjectKey, now, validity.compareTo(left) < 0 ? validity : left);
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(keyUsage));
        if (!purposes.isEmpty()) {
            builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purposes.toArray(KeyPurposeId[]::new)));
        }
        builder.addExtension(Extension.authorityKeyIdentifier, false, new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(certificate.getPublicKey()));
        if (names != null) {
            builder.addExtension(Extension.subjectAlternativeName, subject.getRDNs().length == 0, names);
        }
        return sign(builder, key);
    }

    /** True when this authority signed the certificate and it holds now and for {@link #RENEW_BEFORE} more. */
    boolean stillGood(X509Certificate issued) {
        try {
            issued.verify(certificate.getPublicKey());
            issued.checkValidity(Date.from(clock.instant()));
            issued.checkValidity(Date.from(clock.instant().plus(RENEW_BEFORE)));
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    static KeyPair newKeyPair() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private Issued issue(X500Name subject, KeyPurposeId purpose, GeneralNames alternativeNames)
            throws IOException, GeneralSecurityException {
        KeyPair pair = newKeyPair();
        X500Name issuer = X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
        X509v3CertificateBuilder builder = builder(issuer, subject, pair.getPublic(), clock.instant(), LEAF_VALIDITY);
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyEncipherment));
        builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose));
        builder.addExtension(Extension.authorityKeyIdentifier, false,
                new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(certificate.getPublicKey()));
        if (alternativeNames != null) {
            builder.addExtension(Extension.subjectAlternativeName, false, alternativeNames);
        }
        return new Issued(sign(builder, key), pair.getPrivate());
    }

    private static X509v3CertificateBuilder builder(X500Name issuer, X500Name subject, PublicKey subjectKey, Instant now, Duration validity)
            throws GeneralSecurityException, CertIOException {
        BigInteger serial = new BigInteger(159, new SecureRandom()).setBit(158);
        X509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(issuer, serial,
                Date.from(now.minus(CLOCK_SLACK)), Date.from(now.plus(validity)), subject, subjectKey);
        builder.addExtension(Extension.subjectKeyIdentifier, false,
                new JcaX509ExtensionUtils().createSubjectKeyIdentifier(subjectKey));
        return builder;
    }

    private static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey key) throws GeneralSecurityException {
        try {
            return new JcaX509CertificateConverter()
                    .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)));
        } catch (OperatorCreationException e) {
            throw new GeneralSecurityException("cannot sign with an EC key: " + e.getMessage(), e);
        }
    }

    /** A certificate just issued and its private key. */
    record Issued(X509Certificate certificate, PrivateKey key) {}
}
