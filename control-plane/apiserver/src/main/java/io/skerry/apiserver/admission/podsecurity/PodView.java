package io.skerry.apiserver.admission.podsecurity;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/** A pod as the checks look at it, and the words in which they tell what they find. */
record PodView(JsonNode metadata, JsonNode spec) {

    /** All containers in the order of upstream's visitor: init, ordinary, ephemeral. */
    List<JsonNode> containers() {
        List<JsonNode> all = new ArrayList<>();
        for (String list : List.of("initContainers", "containers", "ephemeralContainers")) {
            spec.path(list).forEach(all::add);
        }
        return all;
    }

    /** Names of the containers that are bad. */
    List<String> bad(Predicate<JsonNode> container) {
        return containers().stream().filter(container).map(c -> Json.text(c, "name")).toList();
    }

    /** "pod" when its own security context is bad, and the bad containers: what sets something. */
    static List<String> setters(boolean pod, List<String> containers) {
        List<String> setters = new ArrayList<>();
        if (pod) {
            setters.add("pod");
        }
        if (!containers.isEmpty()) {
            setters.add(containers(containers));
        }
        return setters;
    }

    static String containers(List<String> names) {
        return plural("container", names.size()) + " " + quoted(names);
    }

    static String plural(String word, int count) {
        return count == 1 ? word : word + "s";
    }

    static String quoted(Collection<String> values) {
        return String.join(", ", values.stream().map(v -> "\"" + v + "\"").toList());
    }

    static JsonNode context(JsonNode holder) {
        return holder.path("securityContext");
    }

    boolean isWindows() {
        return Json.text(spec, "os", "name").equals("windows");
    }

    /** The values at a path that are not allowed, of the pod (when it may be set there) and of all containers, sorted. */
    Set<String> values(boolean ofPod, Set<String> allowed, String... path) {
        Set<String> bad = new TreeSet<>();
        List<JsonNode> holders = new ArrayList<>(containers());
        if (ofPod) {
            holders.add(spec);
        }
        for (JsonNode holder : holders) {
            JsonNode value = Json.at(context(holder), path);
            if (value.isTextual() && !allowed.contains(value.asText())) {
                bad.add(value.asText());
            }
        }
        return bad;
    }
}
