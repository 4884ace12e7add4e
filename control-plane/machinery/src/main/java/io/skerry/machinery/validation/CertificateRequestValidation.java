package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.Values;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Certificate requests: who decides and who signs each have an endpoint, and what either wrote stays. */
final class CertificateRequestValidation {

    /** certificates.k8s.io/v1 KeyUsage. */
    private static final Set<String> USAGES = Set.of("signing", "digital signature", "content commitment", "key encipherment", "key agreement", "data encipherment",
            "cert sign", "crl sign", "encipher only", "decipher only", "any", "server auth", "client auth", "code signing", "email protection", "s/mime", "ipsec end system",
            "ipsec tunnel", "ipsec user", "timestamping", "ocsp signing", "microsoft sgc", "netscape sgc");
    private static final String LEGACY = "kubernetes.io/legacy-unknown";
    private static final List<String> FINAL = List.of("Approved", "Denied", "Failed");
    private static final List<String> DECISIONS = List.of("Approved", "Denied");
    private static final Pattern PEM = Pattern.compile("-----BEGIN ([^-\\n]*)-----\\r?\\n(.*?)-----END \\1-----", Pattern.DOTALL);

    private CertificateRequestValidation() {}

    static void check(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode spec = o.path("spec");
        errors.requiredText(spec, "spec", "request");
        String name = Json.text(spec, "signerName");
        if (name.equals(LEGACY) && old == null) {
            errors.invalid("spec.signerName", name, "the legacy signerName is not allowed via this API version");
        } else {
            signer(name, errors);
        }
        if (spec.path("usages").isEmpty()) {
            errors.required("spec.usages", "");
        }
        Set<String> usages = new HashSet<>();
        for (int i = 0; i < spec.path("usages").size(); i++) {
            JsonNode usage = spec.path("usages").path(i);
            if (!USAGES.contains(usage.asText())) {
                errors.notSupported(Errors.at("spec.usages", i), usage.asText(), USAGES);
            } else if (!usages.add(usage.asText())) {
                errors.duplicate(Errors.at("spec.usages", i), usage);
            }
        }
        JsonNode seconds = spec.path("expirationSeconds");
        if (seconds.isNumber() && seconds.asLong() < 600) {
            errors.invalid("spec.expirationSeconds", seconds, "may not specify a duration less than 600 seconds (10 minutes)");
        }
        if (old != null) {
            errors.immutable(o, old, "spec");
        }
    }

    /** domain/path, or domain/namespace.name of a signer of one namespace (KEP-1513). */
    private static void signer(String name, Errors errors) {
        if (name.isEmpty()) {
            errors.required("spec.signerName", "");
            return;
        }
        int slash = name.indexOf('/');
        if (slash < 0 || name.indexOf('/', slash + 1) >= 0) {
            errors.invalid("spec.signerName", name, "must be a fully qualified domain and path of the form 'example.com/signer-name'");
            return;
        }
        String domain = name.substring(0, slash);
        errors.invalid("spec.signerName", domain, Names.dns1123Subdomain(domain));
        if (Names.dns1123Subdomain(domain).isEmpty() && domain.indexOf('.') < 0) {
            errors.invalid("spec.signerName", domain, "should be a domain with at least two segments separated by dots");
        }
        errors.invalid("spec.signerName", name.substring(slash + 1), Names.dns1123Subdomain(name.substring(slash + 1)));
    }

    /** Through the subresource approval: the decision, which is made once and not taken back. */
    static void approval(ObjectNode o, ObjectNode old, Errors errors) {
        conditions(Json.at(o, "status", "conditions"), errors);
        for (String type : FINAL) {
            if (find(o, type).size() < find(old, type).size()) {
                errors.forbidden("status.conditions", "updates may not remove a condition of type \"" + type + "\"");
            }
        }
    }

    /** Through the status: the certificate, once, and no decision. */
    static void status(ObjectNode o, ObjectNode old, Errors errors) {
        approval(o, old, errors);
        for (String type : DECISIONS) {
            List<JsonNode> now = find(o, type);
            List<JsonNode> was = find(old, type);
            if (now.size() > was.size()) {
                errors.forbidden("status.conditions", "updates may not add a condition of type \"" + type + "\"");
            } else if (now.size() == was.size() && !Values.same(Json.array().addAll(now), Json.array().addAll(was))) {
                errors.forbidden("status.conditions", "updates may not modify a condition of type \"" + type + "\"");
            }
        }
        String certificate = Json.text(o, "status", "certificate");
        String before = Json.text(old, "status", "certificate");
        if (certificate.equals(before)) {
            return;
        }
        if (!before.isEmpty()) {
            errors.forbidden("status.certificate", "updates may not modify existing certificate content");
        } else if (!certificate.isEmpty()) {
            String problem = problem(certificate);
            if (!problem.isEmpty()) {
                errors.invalid("status.certificate", "<certificate data>", problem);
            }
        }
    }

    private static void conditions(JsonNode conditions, Errors errors) {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < conditions.size(); i++) {
            JsonNode condition = conditions.path(i);
            String at = Errors.at("status.conditions", i);
            String type = Json.text(condition, "type");
            errors.requiredText(condition, at, "type");
            errors.oneOf(condition, at, "status", FINAL.contains(type) ? List.of("True") : List.of("False", "True", "Unknown"));
            if (type.equals("Approved") && seen.contains("Denied") || type.equals("Denied") && seen.contains("Approved")) {
                errors.invalid(Errors.at(at, "type"), type, "Approved and Denied conditions are mutually exclusive");
            }
            if (!seen.add(type)) {
                errors.duplicate(Errors.at(at, "type"), condition.path("type"));
            }
        }
    }

    private static List<JsonNode> find(ObjectNode request, String type) {
        List<JsonNode> found = new ArrayList<>();
        for (JsonNode condition : Json.at(request, "status", "conditions")) {
            if (Json.text(condition, "type").equals(type)) {
                found.add(condition);
            }
        }
        return found;
    }

    /** Why it is no chain of certificates in PEM (RFC 7468), or "". */
    private static String problem(String base64) {
        int blocks = 0;
        try {
            Matcher pem = PEM.matcher(new String(Base64.getDecoder().decode(base64), StandardCharsets.ISO_8859_1));
            while (pem.find()) {
                if (!pem.group(1).equals("CERTIFICATE")) {
                    return "only CERTIFICATE PEM blocks are allowed, found \"" + pem.group(1) + "\"";
                }
                if (pem.group(2).indexOf(':') >= 0) {
                    return "no PEM block headers are permitted";
                }
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(Base64.getMimeDecoder().decode(pem.group(2))));
                blocks++;
            }
        } catch (CertificateException | IllegalArgumentException e) {
            return "not a certificate: " + e.getMessage();
        }
        return blocks == 0 ? "must contain at least one CERTIFICATE PEM block" : "";
    }
}
