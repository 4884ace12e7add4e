package io.skerry.machinery.quota;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.quantity.Quantity;
import java.util.List;

/** A pod's class by what it asks for (core/v1 PodQOSClass). */
public final class QualityOfService {
    private static final List<String> COMPUTE = List.of("cpu", "memory");

    private QualityOfService() {
    }

    /** "Guaranteed", "Burstable" or "BestEffort", from requests and limits of all containers. */
    public static String of(JsonNode pod) {
        boolean any = false;
        boolean guaranteed = true;
        for (String list : List.of("initContainers", "containers")) {
            for (JsonNode container : Json.at(pod, "spec", list)) {
                JsonNode requests = Json.at(container, "resources", "requests");
                JsonNode limits = Json.at(container, "resources", "limits");
                for (String resource : COMPUTE) {
                    String request = amount(requests, resource);
                    String limit = amount(limits, resource);
                    any |= !request.isEmpty() || !limit.isEmpty();
                    guaranteed &= !limit.isEmpty() && (request.isEmpty() || Quantity.parse(request).compareTo(Quantity.parse(limit)) == 0);
                }
            }
        }
        return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
    }

    /** "" when not set or zero, which counts as not set. */
    private static String amount(JsonNode resources, String resource) {
        String text = Json.text(resources, resource);
        try {
            return text.isEmpty() || Quantity.parse(text).value().signum() == 0 ? "" : text;
        } catch (IllegalArgumentException e) {
            // validation tells about it
            return "";
        }
    }
}
