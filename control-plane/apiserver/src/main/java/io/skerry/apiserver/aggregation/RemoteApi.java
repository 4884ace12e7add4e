package io.skerry.apiserver.aggregation;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;

/**
 * A group's version that another server serves: an APIService with a Service (apiregistration.k8s.io/v1).
 *
 * @param caBundle base64 of PEM; "" for the system's authorities
 */
record RemoteApi(String name, String group, String version, String namespace, String service, int port, String caBundle, boolean insecure, int groupPriority,
        int versionPriority) {

    /** Null for an APIService that this server serves itself. */
    static RemoteApi of(JsonNode apiService) {
        JsonNode spec = apiService.path("spec");
        JsonNode service = spec.path("service");
        if (!service.isObject()) {
            return null;
        }
        return new RemoteApi(Json.text(apiService, "metadata", "name"), Json.text(spec, "group"), Json.text(spec, "version"), Json.text(service, "namespace"),
                Json.text(service, "name"), service.path("port").asInt(443), Json.text(spec, "caBundle"), spec.path("insecureSkipTLSVerify").asBoolean(),
                spec.path("groupPriorityMinimum").asInt(), spec.path("versionPriority").asInt());
    }

    /** What its server's certificate must name. */
    String host() {
        return service + "." + namespace + ".svc";
    }

    String path() {
        return "/apis/" + group + "/" + version;
    }

    @Override
    public String toString() {
        return "https://" + host() + ":" + port + path();
    }
}
