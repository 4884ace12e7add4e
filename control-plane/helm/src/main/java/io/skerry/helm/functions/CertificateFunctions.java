package io.skerry.helm.functions;

import io.skerry.helm.template.Function;
import io.skerry.helm.encoding.GoJson;
import io.skerry.helm.template.FunctionException;
import io.skerry.helm.template.GoObject;
import io.skerry.helm.template.GoValue;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
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
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.jcajce.provider.asymmetric.util.EC5Util;
import org.bouncycastle.jce.spec.ECParameterSpec;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;

/** Keys and certificates: genCA, genSelfSignedCert, genSignedCert, genPrivateKey and buildCustomCert. */
final class CertificateFunctions {
    private CertificateFunctions() {}

    /** What the functions give: PEM texts under Go's field names. */
    private record Certificate(String cert, String key) implements GoJson.Fields {
        @Override
        public Object field(String name) {
            return switch (name) {
                case "Cert" -> cert;
                case "Key" -> key;
                default -> ABSENT;
            };
        }

        @Override
        public String typeName() {
            return "sprig.certificate";
        }

        @Override
        public Map<String, Object> jsonFields() {
            return Map.of("Cert", cert, "Key", key);
        }
    }

    /** @return null when this family has no such function */
    static Function find(String name) {
        return switch (name) {
            case "genPrivateKey" -> Function.of(name, "s", a -> privateKey((String) a[0]));
            case "genCA" -> Function.of(name, "si", a -> make(a, null, null, true));
            case "genCAWithKey" -> Function.of(name, "sis", a -> make(a, null, (String) a[2], true));
            case "genSelfSignedCert" -> Function.of(name, "slli", a -> make(new Object[] {a[0], a[3], a[1], a[2]}, null, null, false));
            case "genSelfSignedCertWithKey" -> Function.of(name, "sllis", a -> make(new Object[] {a[0], a[3], a[1], a[2]}, null, (String) a[4], false));
            case "genSignedCert" -> Function.of(name, "sllia", a -> make(new Object[] {a[0], a[3], a[1], a[2]}, certificate(a[4]), null, false));
            case "genSignedCertWithKey" -> Function.of(name, "sllias", a -> make(new Object[] {a[0], a[3], a[1], a[2]}, certificate(a[4]), (String) a[5], false));
            case "buildCustomCert" -> Function.of(name, "ss", a -> {
                Certificate c = new Certificate(base64(a[0], "certificate"), base64(a[1], "private key"));
                parseCertificate(c.cert);
                parseKey(c.key);
                return c;
            });
            default -> null;
        };
    }

    private static String base64(Object v, String what) {
        try {
            return GoValue.utf8(Base64.getMimeDecoder().decode((String) v));
        } catch (IllegalArgumentException e) {
            throw new FunctionException("unable to decode base64 " + what);
        }
    }

    private static Certificate certificate(Object v) {
        if (v instanceof Certificate c) {
            return c;
        }
        throw new FunctionException("wrong type for value; expected sprig.certificate; got " + GoValue.typeName(v));
    }

    private static String privateKey(String type) {
        try {
            return switch (type) {
                case "", "rsa" -> pem(keys("RSA", 4096).getPrivate());
                case "ecdsa" -> pem(keys("EC", 256).getPrivate());
                case "ed25519" -> pem(KeyPairGenerator.getInstance("Ed25519").generateKeyPair().getPrivate());
                case "dsa" -> pem(keys("DSA", 2048).getPrivate());
                default -> "Unknown type " + type;
            };
        } catch (GeneralSecurityException | IOException e) {
            throw new FunctionException("failed to generate private key: " + e.getMessage());
        }
    }

    private static KeyPair keys(String algorithm, int bits) throws GeneralSecurityException {
        KeyPairGenerator g = KeyPairGenerator.getInstance(algorithm);
        if (algorithm.equals("EC")) {
            g.initialize(new ECGenParameterSpec("secp256r1"));
        } else {
            g.initialize(bits);
        }
        return g.generateKeyPair();
    }

    /** @param a common name, days, and for a server certificate its IP addresses and DNS names */
    private static Certificate make(Object[] a, Certificate issuer, String givenKey, boolean authority) {
        try {
            PrivateKey key;
            PublicKey publicKey;
            if (givenKey == null) {
                KeyPair pair = keys("RSA", 2048);
                key = pair.getPrivate();
                publicKey = pair.getPublic();
            } else {
                KeyPair pair = parseKey(givenKey);
                key = pair.getPrivate();
                publicKey = pair.getPublic();
            }
            X500Name subject = new X500NameBuilder().addRDN(BCStyle.CN, (String) a[0]).build();
            X509CertificateHolder parent = issuer == null ? null : parseCertificate(issuer.cert);
            PrivateKey signing = issuer == null ? key : parseKey(issuer.key).getPrivate();
            Instant now = Instant.now();
            X509v3CertificateBuilder b = new X509v3CertificateBuilder(parent == null ? subject : parent.getSubject(), new BigInteger(127, new SecureRandom()).add(BigInteger.ONE),
                Date.from(now), Date.from(now.plus(Duration.ofDays(Convert.integer(a[1])))), subject, SubjectPublicKeyInfo.getInstance(publicKey.getEncoded()));
            b.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyEncipherment | (authority ? KeyUsage.keyCertSign : 0)));
            b.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
            b.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
            JcaX509ExtensionUtils ids = new JcaX509ExtensionUtils();
            if (authority) {
                b.addExtension(Extension.subjectKeyIdentifier, false, ids.createSubjectKeyIdentifier(publicKey));
            } else {
                if (parent != null) {
                    b.addExtension(Extension.authorityKeyIdentifier, false, ids.createAuthorityKeyIdentifier(parent));
                }
                GeneralName[] names = names(a[2], a[3]);
                if (names.length > 0) {
                    b.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
                }
            }
            String algorithm = signing.getAlgorithm().startsWith("E") ? signing.getAlgorithm().startsWith("Ed") ? "Ed25519" : "SHA256withECDSA" : "SHA256withRSA";
            X509Certificate made = new JcaX509CertificateConverter().getCertificate(b.build(new JcaContentSignerBuilder(algorithm).build(signing)));
            return new Certificate(pem(made), pem(key));
        } catch (GeneralSecurityException | IOException | OperatorException e) {
            throw new FunctionException("error creating certificate: " + e.getMessage());
        }
    }

    private static GeneralName[] names(Object addresses, Object hosts) {
        List<GeneralName> names = new ArrayList<>();
        for (Object host : hosts == null ? List.of() : GoValue.list(hosts)) {
            if (!(host instanceof String s)) {
                throw new FunctionException("error parsing alternate dns names: " + GoValue.typeName(host) + " is no string");
            }
            names.add(new GeneralName(GeneralName.dNSName, s));
        }
        for (Object address : addresses == null ? List.of() : GoValue.list(addresses)) {
            try {
                names.add(new GeneralName(GeneralName.iPAddress, (String) address));
            } catch (IllegalArgumentException | ClassCastException e) {
                throw new FunctionException("error parsing ip: " + address);
            }
        }
        return names.toArray(GeneralName[]::new);
    }

    /** PKCS 1 for RSA and SEC 1 for EC, as Go's sprig writes them. */
    private static String pem(Object o) throws IOException, GeneralSecurityException {
        StringWriter out = new StringWriter();
        try (JcaPEMWriter w = new JcaPEMWriter(out)) {
            if (o instanceof ECPrivateKey k) {
                // With curve and public key, which the JDK's form of the key does not have.
                PrivateKeyInfo info = PrivateKeyInfo.getInstance(k.getEncoded());
                DERBitString point = new DERBitString(SubjectPublicKeyInfo.getInstance(publicKey(k).getEncoded()).getPublicKeyData().getOctets());
                int bits = k.getParams().getOrder().bitLength();
                w.writeObject(new PemObject("EC PRIVATE KEY", new org.bouncycastle.asn1.sec.ECPrivateKey(bits, k.getS(), point,
                    info.getPrivateKeyAlgorithm().getParameters()).getEncoded()));
            } else if (o instanceof PrivateKey k && !k.getAlgorithm().equals("RSA") && !k.getAlgorithm().equals("DSA")) {
                w.writeObject(new PemObject("PRIVATE KEY", k.getEncoded()));
            } else {
                w.writeObject(o);
            }
        }
        return out.toString();
    }

    /** A private key without its public one, as the JDK has EC keys: the point is the curve's generator times the number. */
    private static PublicKey publicKey(ECPrivateKey key) throws GeneralSecurityException {
        ECParameterSpec spec = EC5Util.convertSpec(key.getParams());
        org.bouncycastle.math.ec.ECPoint q = spec.getG().multiply(key.getS()).normalize();
        ECPoint point = new ECPoint(q.getAffineXCoord().toBigInteger(), q.getAffineYCoord().toBigInteger());
        return KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(point, key.getParams()));
    }

    private static X509CertificateHolder parseCertificate(String pem) {
        try (PEMParser p = new PEMParser(new StringReader(pem))) {
            if (p.readObject() instanceof X509CertificateHolder c) {
                return c;
            }
        } catch (IOException e) {
            throw new FunctionException("unable to parse certificate: " + e.getMessage());
        }
        throw new FunctionException("unable to decode certificate");
    }

    private static KeyPair parseKey(String pem) {
        try (PEMParser p = new PEMParser(new StringReader(pem))) {
            JcaPEMKeyConverter c = new JcaPEMKeyConverter();
            Object o = p.readObject();
            if (o instanceof PEMKeyPair pair && pair.getPublicKeyInfo() != null) {
                return c.getKeyPair(pair);
            }
            if (o instanceof PrivateKeyInfo info && c.getPrivateKey(info) instanceof java.security.interfaces.RSAPrivateCrtKey rsa) {
                PublicKey pub = KeyFactory.getInstance("RSA").generatePublic(new java.security.spec.RSAPublicKeySpec(rsa.getModulus(), rsa.getPublicExponent()));
                return new KeyPair(pub, rsa);
            }
        } catch (IOException | GeneralSecurityException e) {
            throw new FunctionException("unable to parse private key: " + e.getMessage());
        }
        throw new FunctionException("unable to decode private key");
    }
}
