package io.skerry.gitops.kustomize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.skerry.gitops.kustomize.NameReferenceFields.Reference;
import io.skerry.machinery.json.Json;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Puts the new names of renamed objects into the fields that refer to them by the old ones. */
final class NameReferences {

    private final ResourceMap resources;

    NameReferences(ResourceMap resources) {
        this.resources = resources;
    }

    void fix() {
        for (Resource referrer : resources.all()) {
            List<Resource> reachable = reachableFrom(referrer);
            ResourceId original = referrer.originalId();
            for (Reference reference : NameReferenceFields.ALL) {
                if (reference.field().applies(original)) reference.field().visit(referrer, null, value -> fix(value, referrer, reference, reachable));
            }
        }
    }

    private JsonNode fix(JsonNode value, Resource referrer, Reference reference, List<Resource> candidates) {
        return switch (value) {
            case ArrayNode items -> {
                for (int i = 0; i < items.size(); i++) items.set(i, fix(items.get(i), referrer, reference, candidates));
                yield items;
            }
            case ObjectNode fields -> fixNameAndNamespace(fields, referrer, reference, candidates);
            default -> {
                Resource target = value.isTextual() ? select(value.asText(), referrer, reference, candidates, false) : null;
                yield target == null ? value : TextNode.valueOf(target.name());
            }
        };
    }

    /** A reference of name and namespace, such as a subject of a role binding. */
    private ObjectNode fixNameAndNamespace(ObjectNode fields, Resource referrer, Reference reference, List<Resource> candidates) {
        if (!fields.has("name")) return fields;
        List<Resource> inNamespace = candidates;
        if (fields.has("namespace")) {
            String namespace = Json.text(fields, "namespace");
            inNamespace = candidates.stream().filter(candidate -> candidate.originalId().effectiveNamespace().equals(namespace)).toList();
            if (inNamespace.isEmpty()) inNamespace = candidates.stream().filter(candidate -> candidate.id().effectiveNamespace().equals(namespace)).toList();
        }
        Resource target = select(Json.text(fields, "name"), referrer, reference, inNamespace, true);
        if (target != null) {
            fields.put("name", target.name());
            if (!target.namespace().isEmpty()) fields.put("namespace", target.namespace());
        }
        return fields;
    }

    private Resource select(String oldName, Resource referrer, Reference reference, List<Resource> candidates, boolean withNamespace) {
        ResourceId from = referrer.id();
        boolean roleRef = reference.field().path().endsWith("roleRef/name");
        String roleGroup = Json.text(referrer.object(), "roleRef", "apiGroup");
        String roleKind = Json.text(referrer.object(), "roleRef", "kind");
        List<Resource> found = candidates.stream()
                .filter(candidate -> candidate.previousIds().stream().anyMatch(id -> id.name().equals(oldName)))
                .filter(candidate -> candidate.previousIds().stream().anyMatch(id -> id.selectedBy(reference.group(), reference.version(), reference.kind())))
                .filter(candidate -> !roleRef || roleGroup.isEmpty() || roleKind.isEmpty()
                        || candidate.previousIds().stream().anyMatch(id -> id.selectedBy(roleGroup, "", roleKind)))
                .filter(candidate -> from.clusterScoped() || candidate.id().clusterScoped() || candidate.kind().equals("ServiceAccount") || from.sameNamespace(candidate.id()))
                .toList();
        if (found.size() > 1) found = found.stream().filter(candidate -> sameAffixes(candidate, referrer, true)).toList();
        if (found.size() > 1) found = found.stream().filter(candidate -> sameAffixes(candidate, referrer, false)).toList();
        if (found.isEmpty()) return null;
        Resource first = found.getFirst();
        for (Resource other : found) {
            if (!other.name().equals(first.name()) || withNamespace && !Objects.equals(other.namespace(), first.namespace())) {
                throw new KustomizeException(referrer.file(), referrer.line(), "the name \"" + oldName + "\" in " + reference.field().path() + " could mean "
                        + first.id() + " or " + other.id());
            }
        }
        return first;
    }

    /** Whether both went through the same layers: one's prefixes (and suffixes) end as the other's. */
    private static boolean sameAffixes(Resource a, Resource b, boolean emptyIsAny) {
        return sameEnd(a.prefixes, b.prefixes, emptyIsAny) && sameEnd(a.suffixes, b.suffixes, emptyIsAny);
    }

    private static boolean sameEnd(List<String> a, List<String> b, boolean emptyIsAny) {
        if (a.isEmpty() || b.isEmpty()) return emptyIsAny || a.isEmpty() == b.isEmpty();
        int length = Math.min(a.size(), b.size());
        return a.subList(a.size() - length, a.size()).equals(b.subList(b.size() - length, b.size()));
    }

    private List<Resource> reachableFrom(Resource referrer) {
        ResourceId from = referrer.id();
        if (from.clusterScoped()) return resources.all();
        Set<String> subjectNamespaces = new HashSet<>();
        if (referrer.kind().equals("RoleBinding")) {
            for (JsonNode subject : referrer.object().path("subjects")) {
                if (Json.text(subject, "kind").equals("ServiceAccount") && subject.has("namespace")) subjectNamespaces.add(Json.text(subject, "namespace"));
            }
        }
        return resources.all().stream()
                .filter(target -> target.id().clusterScoped() || target.id().sameNamespace(from) || subjectNamespaces.contains(target.namespace())).toList();
    }
}
