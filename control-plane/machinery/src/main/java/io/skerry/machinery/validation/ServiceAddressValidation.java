package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.Values;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A service's clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy among each other, and how they may change (KEP-563; core validation's
 * ValidateServiceClusterIPsRelatedFields). A service whose fields stay as they were is not asked: earlier versions of this server took more.
 */
final class ServiceAddressValidation {

    private static final List<String> FIELDS = List.of("type", "clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy");
    private static final List<String> FAMILIES = List.of("IPv4", "IPv6");
    private static final List<String> POLICIES = List.of("PreferDualStack", "RequireDualStack", "SingleStack");
    private static final String IPS = "spec.clusterIPs";
    private static final String FIRST_IP = "spec.clusterIPs[0]";
    private static final String FIRST_FAMILY = "spec.ipFamilies[0]";
    private static final String STAYS = "may not change once set";

    private ServiceAddressValidation() {}

    /** @param old the stored spec, or null */
    static void check(JsonNode spec, JsonNode old, Errors errors) {
        if (old != null && FIELDS.stream().allMatch(field -> Values.same(spec.path(field), old.path(field)))) {
            return;
        }
        if (isExternal(spec)) {
            if (Json.text(spec, "clusterIP").isEmpty() && !spec.path("clusterIPs").isEmpty()) {
                errors.forbidden(IPS, "may not be set for ExternalName services");
            }
            for (String field : List.of("ipFamilies", "ipFamilyPolicy")) {
                if (!spec.path(field).isEmpty() || !Json.text(spec, field).isEmpty()) {
                    errors.forbidden(Errors.at("spec", field), "may not be set for ExternalName services");
                }
            }
            return;
        }
        together(spec, errors);
        if (old != null && !isExternal(old)) {
            addressesStay(spec, old, errors);
            familiesStay(spec, old, errors);
        }
    }

    private static boolean isExternal(JsonNode spec) {
        return Json.text(spec, "type").equals("ExternalName");
    }

    /** clusterIPs, or what it is filled with. */
    private static ArrayNode addresses(JsonNode spec) {
        String first = Json.text(spec, "clusterIP");
        return spec.get("clusterIPs") instanceof ArrayNode given && !given.isEmpty() ? given : first.isEmpty() ? Json.array() : Json.array().add(first);
    }

    private static boolean isHeadless(ArrayNode addresses) {
        return addresses.size() == 1 && addresses.path(0).asText().equals("None");
    }

    private static void together(JsonNode spec, Errors errors) {
        ArrayNode addresses = addresses(spec);
        String first = Json.text(spec, "clusterIP");
        if (first.isEmpty() && !addresses.isEmpty()) {
            errors.invalid(IPS, addresses, "must be empty when `clusterIP` is not specified");
        } else if (!first.isEmpty() && !addresses.path(0).asText().equals(first)) {
            errors.invalid(IPS, addresses, "first value must match `clusterIP`");
        }
        JsonNode families = spec.path("ipFamilies");
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < families.size(); i++) {
            String family = families.path(i).asText();
            if (!FAMILIES.contains(family)) {
                errors.notSupported(Errors.at("spec.ipFamilies", i), family, FAMILIES);
            }
            if (!seen.add(family)) {
                errors.duplicate(Errors.at("spec.ipFamilies", i), families.path(i));
            }
        }
        errors.optionalOneOf(spec, "spec", "ipFamilyPolicy", POLICIES);
        if (areAddresses(addresses, errors)) {
            ofFamilies(addresses, families, errors);
        }
    }

    private static boolean areAddresses(ArrayNode addresses, Errors errors) {
        boolean valid = true;
        for (int i = 0; i < addresses.size(); i++) {
            String address = addresses.path(i).asText();
            if (i == 0 && address.equals("None")) {
                if (addresses.size() > 1) {
                    errors.invalid(IPS, addresses, "'None' must be the first and only value");
                    valid = false;
                }
            } else {
                errors.invalid(Errors.at(IPS, i), address, Addresses.ip(address));
                valid &= Addresses.isIp(address);
            }
        }
        if (addresses.size() > 2) {
            errors.invalid(IPS, addresses, "may only hold up to 2 values");
        }
        return valid;
    }

    private static void ofFamilies(ArrayNode addresses, JsonNode families, Errors errors) {
        if (addresses.size() > 1) {
            Set<Boolean> kinds = new HashSet<>();
            addresses.forEach(address -> kinds.add(Addresses.isIpv6(address.asText())));
            if (kinds.size() < 2) {
                errors.invalid(IPS, addresses, "may specify no more than one IP for each IP family");
            }
        }
        for (int i = 0; !isHeadless(addresses) && i < Math.min(addresses.size(), families.size()); i++) {
            String family = families.path(i).asText();
            if (FAMILIES.contains(family) && family.equals("IPv6") != Addresses.isIpv6(addresses.path(i).asText())) {
                errors.invalid(Errors.at(IPS, i), addresses.path(i), "expected an " + family + " value as indicated by `ipFamilies[" + i + "]`");
            }
        }
    }

    /** Clients may hold on to the addresses: a second one comes and goes, the first stays. */
    private static void addressesStay(JsonNode spec, JsonNode old, Errors errors) {
        ArrayNode now = addresses(spec);
        ArrayNode was = addresses(old);
        if (isHeadless(now) && isHeadless(was)) {
            return;
        }
        if (now.size() == was.size()) {
            for (int i = 0; i < was.size(); i++) {
                if (!was.path(i).equals(now.path(i))) {
                    errors.invalid(Errors.at(IPS, i), now, STAYS);
                }
            }
        } else if (now.isEmpty()) {
            errors.invalid(FIRST_IP, now, "primary clusterIP can not be unset");
        } else {
            if (!was.isEmpty() && !was.path(0).equals(now.path(0))) {
                errors.invalid(FIRST_IP, now, STAYS);
            }
            if (now.size() == 1 && was.size() > 1) {
                single(spec, "clusterIP", errors);
            }
        }
    }

    private static void familiesStay(JsonNode spec, JsonNode old, Errors errors) {
        JsonNode now = spec.path("ipFamilies");
        JsonNode was = old.path("ipFamilies");
        if (isHeadless(addresses(spec)) || isHeadless(addresses(old)) || now.isEmpty()) { // none: they are filled in
            return;
        }
        if (now.size() == was.size()) {
            for (int i = 0; i < was.size(); i++) {
                if (!was.path(i).equals(now.path(i))) {
                    errors.invalid(FIRST_FAMILY, now, STAYS);
                }
            }
        } else {
            if (!was.isEmpty() && !was.path(0).equals(now.path(0))) {
                errors.invalid(FIRST_FAMILY, now, STAYS);
            }
            if (now.size() == 1 && was.size() > 1) {
                single(spec, "ipFamily", errors);
            }
        }
    }

    private static void single(JsonNode spec, String released, Errors errors) {
        if (!Json.text(spec, "ipFamilyPolicy").equals("SingleStack")) {
            errors.invalid("spec.ipFamilyPolicy", spec.path("ipFamilyPolicy"), "must be set to 'SingleStack' when releasing the secondary " + released);
        }
    }
}
