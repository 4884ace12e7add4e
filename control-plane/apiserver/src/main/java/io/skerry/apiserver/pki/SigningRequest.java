package io.skerry.apiserver.pki;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.x500.AttributeTypeAndValue;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;

/** A PKCS #10 certification request (RFC 2986), read and checked: who asks is in possession of the key. */
public final class SigningRequest {
    private static final String BEGIN = "-----BEGIN CERTIFICATE REQUEST-----";
    private static final String END = "-----END CERTIFICATE REQUEST-----";
    private static final Map<String, Integer> KEY_USAGES = Map.of("signing", KeyUsage.digitalSignature, "digital signature", KeyUsage.digitalSignature,
            "content commitment", KeyUsage.nonRepudiation, "key encipherment", KeyUsage.keyEncipherment, "key agreement", KeyUsage.keyAgreement,
            "data encipherment", KeyUsage.dataEncipherment, "cert sign", KeyUsage.keyCertSign, "crl sign", KeyUsage.cRLSign);
    private static final Map<String, KeyPurposeId> PURPOSES = Map.of("server auth", KeyPurposeId.id_kp_serverAuth, "client auth", KeyPurposeId.id_kp_clientAuth,
            "code signing", KeyPurposeId.id_kp_codeSigning, "email protection", KeyPurposeId.id_kp_emailProtection, "timestamping", KeyPurposeId.id_kp_timeStamping,
            "ocsp signing", KeyPurposeId.id_kp_OCSPSigning, "any", KeyPurposeId.anyExtendedKeyUsage);

    private final JcaPKCS10CertificationRequest request;
    private final PublicKey key;
    /** Null when it asks for none. */
    private final GeneralNames alternativeNames;

    private SigningRequest(JcaPKCS10CertificationRequest request, PublicKey key, GeneralNames alternativeNames) {
        this.request = request;
        this.key = key;
        this.alternativeNames = alternativeNames;
    }

    /** @throws IllegalArgumentException when it is no request in PEM, its extensions or alternative names cannot be read, or it is not signed with its own key */
    public static SigningRequest parse(byte[] pem) {
        String text = new String(pem, StandardCharsets.US_ASCII);
        int begin = text.indexOf(BEGIN);
        int end = text.indexOf(END);
        if (begin < 0 || end < begin) {
            throw new IllegalArgumentException("PEM block type must be CERTIFICATE REQUEST");
        }
        SigningRequest request;
        boolean signed;
        try {
            request = read(Base64.getMimeDecoder().decode(text.substring(begin + BEGIN.length(), end)));
            signed = request.request.isSignatureValid(new JcaContentVerifierProviderBuilder().build(request.key));
        } catch (IOException | GeneralSecurityException | OperatorCreationException | PKCSException | RuntimeException e) {
            // Bouncy Castle reads parts late, and answers to what they are not with exceptions of many kinds
            throw new IllegalArgumentException("the request cannot be read: " + e.getMessage(), e);
        }
        if (!signed) {
            throw new IllegalArgumentException("the request is not signed with its own key");
        }
        return request;
    }

    private static SigningRequest read(byte[] der) throws IOException, GeneralSecurityException {
        var request = new JcaPKCS10CertificationRequest(der);
        Extensions extensions = request.getRequestedExtensions();
        GeneralNames names = extensions == null ? null : GeneralNames.fromExtensions(extensions, Extension.subjectAlternativeName);
        for (GeneralName name : names == null ? new GeneralName[0] : names.getNames()) {
            int length = name.getTagNo() == GeneralName.iPAddress ? ASN1OctetString.getInstance(name.getName()).getOctetsLength() : 4;
            if (length != 4 && length != 16) {
                throw new IllegalArgumentException("cannot parse IP address of length " + length);
            }
        }
        return new SigningRequest(request, request.getPublicKey(), names);
    }

    /** CN, "" when there is none or more than one: what reads the certificate later could take another for its name than what approved it. */
    public String commonName() {
        List<String> names = values(BCStyle.CN);
        return names.size() == 1 ? names.getFirst() : "";
    }

    /** All O. */
    public List<String> organizations() {
        return values(BCStyle.O);
    }

    private List<String> values(ASN1ObjectIdentifier attribute) {
        List<String> values = new ArrayList<>();
        for (RDN rdn : request.getSubject().getRDNs()) {
            // one name can hold several values: O=a+O=b
            for (AttributeTypeAndValue each : rdn.getTypesAndValues()) {
                if (each.getType().equals(attribute)) {
                    values.add(each.getValue().toString());
                }
            }
        }
        return values;
    }

    /** Kinds of the alternative names: GeneralName's tags (1 email, 2 DNS, 6 URI, 7 IP). */
    public List<Integer> alternativeNameKinds() {
        List<Integer> kinds = new ArrayList<>();
        if (alternativeNames != null) {
            for (GeneralName name : alternativeNames.getNames()) {
                kinds.add(name.getTagNo());
            }
        }
        return kinds;
    }

    /**
     * Signs it. What the request itself asks for beyond subject, key and alternative names does not count.
     *
     * @param ofServers whether with the authority of servers' certificates
     * @param usages as in a CertificateSigningRequest's spec.usages: "client auth", ...
     * @return the certificate in PEM
     */
    public String sign(ClusterPki pki, boolean ofServers, Collection<String> usages, Duration validity) throws IOException {
        int keyUsage = 0;
        List<KeyPurposeId> purposes = new ArrayList<>();
        for (String usage : usages) {
            keyUsage |= KEY_USAGES.getOrDefault(usage, 0);
            if (PURPOSES.containsKey(usage)) {
                purposes.add(PURPOSES.get(usage));
            }
        }
        try {
            X509Certificate certificate = pki.authority(ofServers).sign(key, request.getSubject(), keyUsage, purposes, alternativeNames, validity);
            return Pem.of(certificate);
        } catch (GeneralSecurityException e) {
            throw new IOException("the certificate cannot be signed: " + e.getMessage(), e);
        }
    }
}
