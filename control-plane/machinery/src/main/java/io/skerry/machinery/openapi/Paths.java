package io.skerry.machinery.openapi;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.schema.Subresource;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The paths of a document. Clients look here for the kind behind a resource's name (kubectl explain) and for the query parameters
 * that an operation takes (kubectl's --validate and --dry-run), so both are complete; the prose is short.
 */
final class Paths {

    private static final List<String> PATCH_TYPES = List.of("application/apply-patch+yaml", "application/json-patch+json",
            "application/merge-patch+json", "application/strategic-merge-patch+json");

    /** Custom resources have no merge keys: kubectl takes a merge patch when the strategic one is not offered. */
    private static final List<String> CUSTOM_PATCH_TYPES = PATCH_TYPES.subList(0, 3);

    private static final List<String> ANY_TYPE = List.of("*/*");

    private record Parameter(String name, String type, String description) {}

    private record Kind(String group, String version, String kind) {}

    private static final Parameter PRETTY = new Parameter("pretty", "string", "If 'true', the output is indented.");
    private static final Parameter DRY_RUN = new Parameter("dryRun", "string", "'All': every stage is run, nothing is kept.");
    private static final Parameter MANAGER = new Parameter("fieldManager", "string", "Name of who makes the change, for managedFields.");
    private static final Parameter VALIDATION = new Parameter("fieldValidation", "string", "What to do about unknown and duplicate fields: Ignore, Warn (the default) or Strict.");
    private static final Parameter FORCE = new Parameter("force", "boolean", "Apply only: take over fields that another manager owns.");
    private static final List<Parameter> LIST = List.of(
            new Parameter("allowWatchBookmarks", "boolean", "Watch events of type BOOKMARK are wanted."),
            new Parameter("continue", "string", "Token of the list's next part, from the part before."),
            new Parameter("fieldSelector", "string", "Objects are left out unless these fields have these values."),
            new Parameter("labelSelector", "string", "Objects are left out unless their labels match."),
            new Parameter("limit", "integer", "Most items in one answer."),
            new Parameter("resourceVersion", "string", "State the answer may be of."),
            new Parameter("resourceVersionMatch", "string", "How resourceVersion is meant: NotOlderThan or Exact."),
            new Parameter("sendInitialEvents", "boolean", "A watch starts with the objects there are."),
            new Parameter("timeoutSeconds", "integer", "Seconds after which a list or watch ends."),
            new Parameter("watch", "boolean", "Changes are wanted as a stream of events."));
    private static final List<Parameter> DELETE = List.of(DRY_RUN,
            new Parameter("gracePeriodSeconds", "integer", "Seconds until the object is gone; 0 is at once."),
            new Parameter("orphanDependents", "boolean", "Deprecated: use propagationPolicy."),
            new Parameter("propagationPolicy", "string", "What happens to dependents: Orphan, Background or Foreground."));

    private final Flavour flavour;
    private final Definitions definitions;
    private final ObjectNode paths = Json.object();

    Paths(Flavour flavour, Definitions definitions) {
        this.flavour = flavour;
        this.definitions = definitions;
    }

    ObjectNode all() {
        return paths;
    }

    void add(ResourceType type) {
        String base = OpenApi.root(type.group(), type.version()) + "/";
        String collection = type.namespaced() ? base + "namespaces/{namespace}/" + type.plural() : base + type.plural();
        String scope = type.namespaced() ? "Namespaced" : "";
        Set<String> verbs = type.verbs();
        Kind kind = new Kind(type.group(), type.version(), type.kind());
        ObjectNode list = item(collection, type.namespaced(), false);
        if (verbs.contains("list")) {
            operation(list, "get", "list", "list" + id(type, scope + type.kind()), type, kind, LIST, null, definitions.referenceToList(type));
        }
        if (verbs.contains("create")) {
            operation(list, "post", "post", "create" + id(type, scope + type.kind()), type, kind, List.of(DRY_RUN, MANAGER, VALIDATION), self(type), self(type));
        }
        if (verbs.contains("deletecollection")) {
            operation(list, "delete", "deletecollection", "delete" + id(type, "Collection" + scope + type.kind()), type, kind, concat(LIST, DELETE),
                    definitions.referenceTo(Definitions.META + "DeleteOptions"), definitions.referenceTo(Definitions.META + "Status"));
        }
        if (type.namespaced() && verbs.contains("list")) {
            operation(item(base + type.plural(), false, false), "get", "list", "list" + id(type, type.kind() + "ForAllNamespaces"), type, kind, LIST, null,
                    definitions.referenceToList(type));
        }
        if (verbs.contains("get")) {
            ObjectNode one = item(collection + "/{name}", type.namespaced(), true);
            operation(one, "get", "get", "read" + id(type, scope + type.kind()), type, kind, List.of(), null, self(type));
            change(one, verbs, type, scope + type.kind(), kind, self(type));
            if (verbs.contains("delete")) {
                operation(one, "delete", "delete", "delete" + id(type, scope + type.kind()), type, kind, DELETE,
                        definitions.referenceTo(Definitions.META + "DeleteOptions"), type.returnsDeletedObject() ? self(type) : definitions.referenceTo(Definitions.META + "Status"));
            }
        }
        for (Subresource s : type.subresources()) {
            subresource(item(collection + "/{name}/" + s.name(), type.namespaced(), true), type, s, scope);
        }
    }

    private void subresource(ObjectNode path, ResourceType type, Subresource s, String scope) {
        Kind kind = new Kind(s.group(), s.version(), s.kind());
        String name = scope + type.kind() + Character.toUpperCase(s.name().charAt(0)) + s.name().substring(1);
        if (s.kind().endsWith("Options")) {
            for (String verb : s.verbs()) {
                String method = verb.equals("get") ? "get" : verb.equals("create") ? "post" : verb.equals("update") ? "put" : verb;
                operation(path, method, "connect", "connect" + id(type, Character.toUpperCase(method.charAt(0)) + method.substring(1) + name), type, kind, List.of(), null, null);
            }
            return;
        }
        ObjectNode body = s.kind().equals(type.kind()) ? self(type) : definitions.referenceToKind(s.group(), s.version(), s.kind());
        if (s.verbs().contains("get")) {
            operation(path, "get", "get", "read" + id(type, name), type, kind, List.of(), null, s.name().equals("log") ? null : body);
        }
        if (s.verbs().contains("create")) {
            operation(path, "post", "post", "create" + id(type, name), type, kind, List.of(DRY_RUN, MANAGER, VALIDATION), body, body);
        }
        change(path, s.verbs(), type, name, kind, body);
    }

    private void change(ObjectNode path, Set<String> verbs, ResourceType type, String name, Kind kind, ObjectNode body) {
        if (verbs.contains("update")) {
            operation(path, "put", "put", "replace" + id(type, name), type, kind, List.of(DRY_RUN, MANAGER, VALIDATION), body, body);
        }
        if (verbs.contains("patch")) {
            operation(path, "patch", "patch", "patch" + id(type, name), type, kind, List.of(DRY_RUN, MANAGER, VALIDATION, FORCE),
                    definitions.referenceTo(Definitions.PATCH), body);
        }
    }

    private ObjectNode self(ResourceType type) {
        return definitions.referenceTo(type);
    }

    /** The path's node, with the parameters that all its operations have. */
    private ObjectNode item(String path, boolean namespaced, boolean named) {
        ObjectNode item = paths.putObject(path);
        ArrayNode parameters = item.putArray("parameters");
        if (named) {
            parameters.add(parameter(new Parameter("name", "string", "Name of the object."), true));
        }
        if (namespaced) {
            parameters.add(parameter(new Parameter("namespace", "string", "Namespace of the object."), true));
        }
        parameters.add(parameter(PRETTY, false));
        return item;
    }

    private ObjectNode parameter(Parameter p, boolean inPath) {
        ObjectNode out = Json.object().put("name", p.name()).put("in", inPath ? "path" : "query").put("description", p.description());
        if (inPath) {
            out.put("required", true);
        }
        if (flavour == Flavour.V2) {
            out.put("type", p.type()).put("uniqueItems", true);
        } else {
            out.putObject("schema").put("type", p.type()).put("uniqueItems", true);
        }
        return out;
    }

    private static List<Parameter> concat(List<Parameter> a, List<Parameter> b) {
        return Stream.concat(a.stream(), b.stream()).toList();
    }

    private static List<String> bodyTypes(String method, ResourceType type) {
        return !method.equals("patch") ? ANY_TYPE : type.schema().rules().isObject() ? CUSTOM_PATCH_TYPES : PATCH_TYPES;
    }

    private void operation(ObjectNode path, String method, String action, String operationId, ResourceType type, Kind kind,
            List<Parameter> parameters, ObjectNode body, ObjectNode answer) {
        ObjectNode op = path.putObject(method);
        op.putArray("tags").add((type.group().isEmpty() ? "core" : type.group().split("\\.")[0]) + "_" + type.version());
        op.put("operationId", operationId);
        ArrayNode list = Json.array();
        parameters.forEach(p -> list.add(parameter(p, false)));
        if (body != null && flavour == Flavour.V2) {
            ObjectNode b = list.addObject().put("name", "body").put("in", "body").put("required", !method.equals("delete"));
            b.set("schema", body);
        } else if (body != null) {
            ObjectNode request = op.putObject("requestBody");
            ObjectNode content = request.putObject("content");
            bodyTypes(method, type).forEach(t -> content.putObject(t).set("schema", body));
        }
        if (!list.isEmpty()) {
            op.set("parameters", list);
        }
        if (flavour == Flavour.V2) {
            ArrayNode consumes = op.putArray("consumes");
            bodyTypes(method, type).forEach(consumes::add);
            op.putArray("produces").add("application/json").add("application/yaml");
        }
        ObjectNode ok = op.putObject("responses").putObject("200").put("description", "OK");
        if (answer != null && flavour == Flavour.V2) {
            ok.set("schema", answer);
        } else if (answer != null) {
            ok.putObject("content").putObject("application/json").set("schema", answer);
        }
        op.put("x-kubernetes-action", action);
        op.putObject("x-kubernetes-group-version-kind").put("group", kind.group()).put("kind", kind.kind()).put("version", kind.version());
    }

    /** Middle of an operation's name: group and version in camel case, then the rest. */
    private static String id(ResourceType type, String rest) {
        StringBuilder out = new StringBuilder();
        for (String part : (type.group().isEmpty() ? "core" : type.group().replaceFirst("\\.k8s\\.io$", "")).split("[.-]")) {
            out.append(Character.toUpperCase(part.charAt(0))).append(part.substring(1));
        }
        return out.append(Character.toUpperCase(type.version().charAt(0))).append(type.version().substring(1)).append(rest).toString();
    }
}
