package io.skerry.apiserver.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;

/**
 * What a service asks of IP families, and gets of a cluster that has one (KEP-563; upstream's service allocator, initIPFamilyFields). A service whose
 * fields stay as they were keeps them: earlier versions of this server took more.
 */
final class ServiceFamilies {
    static final List<String> FIELDS = List.of("clusterIPs", "ipFamilies", "ipFamilyPolicy");
    private static final String FAMILY = "IPv4";
    private static final String OTHER = "IPv6";
    private static final String SINGLE = "SingleStack";
    private static final String REQUIRED = "RequireDualStack";

    private ServiceFamilies() {
    }

    /**
     * Fills in ipFamilies and ipFamilyPolicy.
     *
     * @param spec of a service with a clusterIP, by itself valid
     * @param old  the stored spec, or null
     * @return what it asks for and cannot have
     */
    static List<ApiException.Cause> settle(ObjectNode spec, JsonNode old) {
        boolean unchanged = old != null && Json.text(spec, "clusterIP").equals(Json.text(old, "clusterIP"))
                && FIELDS.stream().allMatch(field -> spec.path(field).equals(old.path(field)));
        boolean open = Json.text(spec, "clusterIP").equals("None") && spec.path("selector").isEmpty(); // who fills its endpoints knows what they are
        if (Json.text(spec, "ipFamilyPolicy").isEmpty()) {
            String before = old == null ? "" : Json.text(old, "ipFamilyPolicy");
            spec.put("ipFamilyPolicy", !before.isEmpty() ? before : open ? REQUIRED : SINGLE);
        }
        List<ApiException.Cause> causes = unchanged ? List.of() : refused(spec, old, open);
        if (causes.isEmpty() && spec.path("ipFamilies").isEmpty()) {
            spec.putArray("ipFamilies").add(FAMILY);
        }
        if (causes.isEmpty() && !unchanged && open && !isSingle(spec) && spec.path("ipFamilies").size() == 1) {
            ((ArrayNode) spec.get("ipFamilies")).add(spec.path("ipFamilies").path(0).asText().equals(FAMILY) ? OTHER : FAMILY);
        }
        return causes;
    }

    private static boolean isSingle(ObjectNode spec) {
        return Json.text(spec, "ipFamilyPolicy").equals(SINGLE);
    }

    private static List<ApiException.Cause> refused(ObjectNode spec, JsonNode old, boolean open) {
        List<ApiException.Cause> causes = new ArrayList<>();
        JsonNode policy = spec.path("ipFamilyPolicy");
        if (isSingle(spec) && old != null) {
            // to ask for one family is to give up the second one of each list that was left alone
            shorten(spec, old, "clusterIPs");
            shorten(spec, old, "ipFamilies");
        }
        if (isSingle(spec) && spec.path("clusterIPs").size() == 2) {
            causes.add(invalid("spec.ipFamilyPolicy", policy, "must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified"));
        }
        if (isSingle(spec) && spec.path("ipFamilies").size() == 2) {
            causes.add(invalid("spec.ipFamilyPolicy", policy, "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified"));
        }
        JsonNode addresses = spec.path("clusterIPs");
        for (int i = spec.path("ipFamilies").size(); i < addresses.size(); i++) {
            if (addresses.path(i).asText().indexOf(':') >= 0) {
                causes.add(invalid("spec.clusterIPs[" + i + "]", addresses, OTHER + " is not configured on this cluster"));
            }
        }
        if (!causes.isEmpty() || open) {
            return causes;
        }
        if (policy.asText().equals(REQUIRED)) {
            causes.add(invalid("spec.ipFamilyPolicy", policy, "this cluster is not configured for dual-stack services"));
        }
        for (int i = 0; i < spec.path("ipFamilies").size(); i++) {
            if (!spec.path("ipFamilies").path(i).asText().equals(FAMILY)) {
                causes.add(invalid("spec.ipFamilies[" + i + "]", spec.path("ipFamilies").path(i), "not configured on this cluster"));
            }
        }
        return causes;
    }

    private static void shorten(ObjectNode spec, JsonNode old, String field) {
        if (spec.path(field) instanceof ArrayNode both && both.size() > 1 && both.equals(old.path(field))) {
            both.remove(1);
        }
    }

    private static ApiException.Cause invalid(String field, JsonNode value, String detail) {
        return new ApiException.Cause("FieldValueInvalid", "Invalid value: " + value + ": " + detail, field);
    }
}
