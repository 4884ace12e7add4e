package io.skerry.apiserver.audit;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.User;
import io.skerry.apiserver.request.RequestInfo;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import io.skerry.machinery.yaml.YamlException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What is logged of which request: the first rule that matches decides (audit.k8s.io/v1 Policy; k8s.io/apiserver, pkg/audit/policy). */
public final class AuditPolicy {
    private static final Set<String> STAGES = Set.of("RequestReceived", "ResponseStarted", "ResponseComplete", "Panic");
    private static final Set<String> FIELDS = Set.of("apiVersion", "kind", "metadata", "rules", "omitStages", "omitManagedFields");
    private static final Set<String> RULE_FIELDS = Set.of("level", "users", "userGroups", "verbs", "resources", "namespaces", "nonResourceURLs", "omitStages", "omitManagedFields");
    private static final Set<String> RESOURCE_FIELDS = Set.of("group", "resources", "resourceNames");

    private final List<AuditRule> rules;
    private final Set<String> omitStages;
    private final boolean omitManagedFields;

    private AuditPolicy(List<AuditRule> rules, Set<String> omitStages, boolean omitManagedFields) {
        this.rules = rules;
        this.omitStages = omitStages;
        this.omitManagedFields = omitManagedFields;
    }

    /** What holds for one request. */
    record Decision(AuditLevel level, Set<String> omitStages, boolean omitManagedFields) {
    }

    Decision decide(User user, RequestInfo info) {
        for (AuditRule rule : rules) {
            if (rule.matches(user, info)) {
                Set<String> stages = new HashSet<>(omitStages);
                stages.addAll(rule.omitStages());
                return new Decision(rule.level(), stages, rule.omitManagedFields() == null ? omitManagedFields : rule.omitManagedFields());
            }
        }
        return new Decision(AuditLevel.NONE, Set.of(), false);
    }

    /**
     * @throws IOException when the file cannot be read
     * @throws IllegalArgumentException about the first thing that is wrong, in one line with file, line and key
     */
    public static AuditPolicy read(Path file) throws IOException {
        List<Yaml.Document> documents;
        try {
            documents = Yaml.parseAll(Files.readString(file), file.toString());
        } catch (YamlException e) {
            throw new IllegalArgumentException(e.getMessage().replaceAll("\\s*\\R\\s*", " "), e);
        }
        if (documents.size() != 1 || !documents.getFirst().root().isObject()) {
            throw new IllegalArgumentException(file + ":1: must be one audit.k8s.io/v1 Policy");
        }
        return new Reader(documents.getFirst()).policy();
    }

    /** Reads one document, and knows where it stands. */
    private record Reader(Yaml.Document document) {

        AuditPolicy policy() {
            JsonNode root = document.root();
            if (!Json.text(root, "apiVersion").equals("audit.k8s.io/v1")) {
                throw wrong("/apiVersion", "apiVersion", "must be audit.k8s.io/v1");
            }
            if (!Json.text(root, "kind").equals("Policy")) {
                throw wrong("/kind", "kind", "must be Policy");
            }
            known(root, "", "", FIELDS);
            JsonNode rules = root.path("rules");
            if (!rules.isArray() || rules.isEmpty()) {
                throw wrong("/rules", "rules", "must be a list of one rule at least");
            }
            List<AuditRule> read = new ArrayList<>();
            for (int i = 0; i < rules.size(); i++) {
                read.add(rule(rules.get(i), "/rules/" + i, "rules[" + i + "]"));
            }
            return new AuditPolicy(List.copyOf(read), stages(root, "", ""), bool(root, "", "omitManagedFields") == Boolean.TRUE);
        }

        private AuditRule rule(JsonNode rule, String pointer, String path) {
            known(rule, pointer, path + ".", RULE_FIELDS);
            AuditLevel level = AuditLevel.of(Json.text(rule, "level"));
            if (level == null) {
                throw wrong(pointer + "/level", path + ".level", "must be None, Metadata, Request or RequestResponse");
            }
            List<AuditRule.GroupResources> resources = new ArrayList<>();
            JsonNode given = list(rule, pointer, path + ".", "resources");
            for (int i = 0; i < given.size(); i++) {
                String at = pointer + "/resources/" + i;
                String in = path + ".resources[" + i + "].";
                known(given.get(i), at, in, RESOURCE_FIELDS);
                List<String> names = strings(given.get(i), at, in, "resourceNames");
                List<String> plurals = strings(given.get(i), at, in, "resources");
                if (!names.isEmpty() && plurals.isEmpty()) {
                    throw wrong(at + "/resourceNames", in + "resourceNames", "needs resources beside it");
                }
                resources.add(new AuditRule.GroupResources(Json.text(given.get(i), "group"), plurals, names));
            }
            List<String> paths = strings(rule, pointer, path + ".", "nonResourceURLs");
            List<String> namespaces = strings(rule, pointer, path + ".", "namespaces");
            if (!paths.isEmpty() && (!resources.isEmpty() || !namespaces.isEmpty())) {
                throw wrong(pointer + "/nonResourceURLs", path + ".nonResourceURLs", "cannot stand in a rule with resources or namespaces");
            }
            for (String each : paths) {
                if (!each.equals("*") && (!each.startsWith("/") || each.substring(0, each.length() - 1).contains("*"))) {
                    throw wrong(pointer + "/nonResourceURLs", path + ".nonResourceURLs", "'" + each + "' must start with / and may have a * at its end only");
                }
            }
            return new AuditRule(level, strings(rule, pointer, path + ".", "users"), strings(rule, pointer, path + ".", "userGroups"),
                    strings(rule, pointer, path + ".", "verbs"), resources, namespaces, paths, stages(rule, pointer, path + "."), bool(rule, pointer, path + ".omitManagedFields"));
        }

        private Set<String> stages(JsonNode in, String pointer, String path) {
            List<String> stages = strings(in, pointer, path, "omitStages");
            for (String stage : stages) {
                if (!STAGES.contains(stage)) {
                    throw wrong(pointer + "/omitStages", path + "omitStages", "'" + stage + "' must be RequestReceived, ResponseStarted, ResponseComplete or Panic");
                }
            }
            return Set.copyOf(stages);
        }

        private Boolean bool(JsonNode in, String pointer, String path) {
            JsonNode value = in.path("omitManagedFields");
            if (!value.isMissingNode() && !value.isBoolean()) {
                throw wrong(pointer + "/omitManagedFields", path, "must be true or false");
            }
            return value.isBoolean() ? Boolean.valueOf(value.booleanValue()) : null;
        }

        private JsonNode list(JsonNode in, String pointer, String path, String field) {
            JsonNode list = in.path(field);
            if (!list.isMissingNode() && !list.isNull() && !list.isArray()) {
                throw wrong(pointer + "/" + field, path + field, "must be a list");
            }
            return list;
        }

        private List<String> strings(JsonNode in, String pointer, String path, String field) {
            List<String> strings = new ArrayList<>();
            for (JsonNode each : list(in, pointer, path, field)) {
                if (!each.isTextual()) {
                    throw wrong(pointer + "/" + field, path + field, "must be a list of strings");
                }
                strings.add(each.textValue());
            }
            return List.copyOf(strings);
        }

        private void known(JsonNode in, String pointer, String path, Set<String> fields) {
            if (!in.isObject()) {
                throw wrong(pointer, path, "must be a mapping");
            }
            in.fieldNames().forEachRemaining(field -> {
                if (!fields.contains(field)) {
                    throw wrong(pointer + "/" + field, path + field, "is no field of an audit policy");
                }
            });
        }

        private IllegalArgumentException wrong(String pointer, String path, String problem) {
            return new IllegalArgumentException(document.source() + ":" + document.lineOf(pointer) + ": " + path + ": " + problem);
        }
    }
}
