package io.skerry.apiserver.admission.limits;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.admission.Admission;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.quantity.Quantity;
import io.skerry.machinery.quota.PodResources;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** LimitRanger: what a namespace's LimitRanges have as defaults is filled into pods; what exceeds them is refused, in upstream's words. */
public final class LimitRanger implements Admission {
    private static final String ANNOTATION = "kubernetes.io/limit-ranger";

    private final Store store;

    public LimitRanger(Store store) {
        this.store = store;
    }

    private List<JsonNode> limits(Call call) {
        List<JsonNode> all = new ArrayList<>();
        for (Entry entry : store.cache().resource("", "limitranges").snapshot(call.info().namespace() + "/").entries()) {
            Json.at(entry.tree(), "spec", "limits").forEach(all::add);
        }
        return all;
    }

    private boolean isNone() {
        return store.cache().resource("", "limitranges").size() == 0;
    }

    private static boolean isPod(Call call) {
        return call.type().is("", "pods") && call.info().subresource().isEmpty();
    }

    @Override
    public void admit(Call call, Operation operation, ObjectNode pod, ObjectNode old) {
        if (operation != Operation.CREATE || !isPod(call) || isNone()) {
            return;
        }
        Map<String, JsonNode> requests = new TreeMap<>();
        Map<String, JsonNode> limits = new TreeMap<>();
        for (JsonNode limit : limits(call)) {
            if (Json.text(limit, "type").equals("Container")) {
                limit.path("defaultRequest").properties().forEach(entry -> requests.put(entry.getKey(), entry.getValue()));
                limit.path("default").properties().forEach(entry -> limits.put(entry.getKey(), entry.getValue()));
            }
        }
        List<String> told = new ArrayList<>();
        for (String[] list : new String[][] {{"containers", "container"}, {"initContainers", "init container"}}) {
            for (JsonNode container : Json.at(pod, "spec", list[0])) {
                if (container instanceof ObjectNode object) {
                    fill(object, "requests", requests, list[1], told);
                    fill(object, "limits", limits, list[1], told);
                }
            }
        }
        if (!told.isEmpty()) {
            Json.ensureObject(pod, "metadata", "annotations").put(ANNOTATION, "LimitRanger plugin set: " + String.join("; ", told));
        }
    }

    private static void fill(ObjectNode container, String kind, Map<String, JsonNode> defaults, String word, List<String> told) {
        List<String> set = new ArrayList<>();
        defaults.forEach((name, quantity) -> {
            if (!Json.at(container, "resources", kind).has(name)) {
                Json.ensureObject(container, "resources", kind).set(name, quantity.deepCopy());
                set.add(name);
            }
        });
        if (!set.isEmpty()) {
            told.add(String.join(", ", set) + " " + kind.substring(0, kind.length() - 1) + " for " + word + " " + Json.text(container, "name"));
        }
    }

    @Override
    public void validate(Call call, Operation operation, ObjectNode object, ObjectNode old) {
        boolean claim = call.type().is("", "persistentvolumeclaims") && call.info().subresource().isEmpty();
        boolean resize = call.type().is("", "pods") && call.info().subresource().equals("resize");
        if (operation == Operation.DELETE || !isPod(call) && !claim && !resize || isNone()
                || operation == Operation.UPDATE && (isPod(call) || claim && Json.at(object, "spec").equals(Json.at(old, "spec")))) {
            // a pod's resources change through its resize subresource only
            return;
        }
        List<String> problems = new ArrayList<>();
        for (JsonNode limit : limits(call)) {
            String type = Json.text(limit, "type");
            if (claim && type.equals("PersistentVolumeClaim")) {
                Map<String, Quantity> requests = PodResources.quantities(object.path("spec"), "requests");
                check(limit, type, requests, requests, problems);
            } else if (!claim && type.equals("Container")) {
                for (String list : List.of("containers", "initContainers")) {
                    for (JsonNode container : Json.at(object, "spec", list)) {
                        check(limit, type, PodResources.quantities(container, "requests"), PodResources.quantities(container, "limits"), problems);
                    }
                }
            } else if (!claim && type.equals("Pod")) {
                check(limit, type, PodResources.total(object, "requests"), PodResources.total(object, "limits"), problems);
            }
        }
        if (!problems.isEmpty()) {
            throw ApiException.forbidden("", call.type().plural(), Json.text(object, "metadata", "name"),
                    problems.size() == 1 ? problems.getFirst() : "[" + String.join(", ", problems) + "]");
        }
    }

    private static void check(JsonNode limit, String type, Map<String, Quantity> requests, Map<String, Quantity> limits, List<String> problems) {
        boolean claim = type.equals("PersistentVolumeClaim");
        limit.path("min").properties().forEach(entry -> {
            String name = entry.getKey();
            String head = "minimum " + name + " usage per " + type + " is " + entry.getValue().asText();
            Quantity min = Quantity.parse(entry.getValue().asText());
            if (!requests.containsKey(name)) {
                problems.add(head + ".  No request is specified");
            } else if (requests.get(name).compareTo(min) < 0) {
                problems.add(head + ", but request is " + requests.get(name));
            } else if (limits.containsKey(name) && limits.get(name).compareTo(min) < 0) {
                problems.add(head + ", but limit is " + limits.get(name));
            }
        });
        limit.path("max").properties().forEach(entry -> {
            String name = entry.getKey();
            String head = "maximum " + name + " usage per " + type + " is " + entry.getValue().asText();
            Quantity max = Quantity.parse(entry.getValue().asText());
            if (!limits.containsKey(name)) {
                problems.add(head + ".  No " + (claim ? "request" : "limit") + " is specified");
            } else if (limits.get(name).compareTo(max) > 0) {
                problems.add(head + ", but " + (claim ? "request" : "limit") + " is " + limits.get(name));
            } else if (requests.containsKey(name) && requests.get(name).compareTo(max) > 0) {
                problems.add(head + ", but request is " + requests.get(name));
            }
        });
        limit.path("maxLimitRequestRatio").properties().forEach(entry -> ratio(entry.getKey(), entry.getValue(), type, requests, limits, problems));
    }

    private static void ratio(String name, JsonNode wanted, String type, Map<String, Quantity> requests, Map<String, Quantity> limits, List<String> problems) {
        String head = name + " max limit to request ratio per " + type + " is " + wanted.asText();
        Quantity request = requests.get(name);
        Quantity limit = limits.get(name);
        if (request == null || request.isZero()) {
            problems.add(head + ", but no request is specified or request is 0");
        } else if (limit == null || limit.isZero()) {
            problems.add(head + ", but no limit is specified or limit is 0");
        } else if (limit.value().compareTo(request.value().multiply(Quantity.parse(wanted.asText()).value())) > 0) {
            problems.add(head + ", but provided ratio is " + String.format(Locale.ROOT, "%.6f", limit.value().divide(request.value(), MathContext.DECIMAL64).doubleValue()));
        }
    }
}
