package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;

/** Jobs: unless spec.manualSelector is true, each gets a selector and labels of its pods that no other Job has (batch/v1 JobSpec). */
final class JobStrategy extends Strategy {
    private static final String PREFIX = "batch.kubernetes.io/", UID = "controller-uid", NAME = "job-name";

    JobStrategy(ResourceType type) {
        super(type, true);
    }

    @Override
    public String defaultPropagation() {
        return "orphan";
    }

    @Override
    public String defaultPropagationWarning() {
        return "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning";
    }

    @Override
    public void prepareForCreate(ObjectNode job) {
        super.prepareForCreate(job);
        if (job.get("spec") instanceof ObjectNode spec && spec.get("template") instanceof ObjectNode template && !spec.path("manualSelector").asBoolean()) {
            JsonNode own = Json.at(job, "metadata", "labels");
            boolean defaulted = own.isEmpty() || own.equals(Json.at(template, "metadata", "labels"));
            generateSelector(spec, template, Json.text(job, "metadata", "name"), Json.text(job, "metadata", "uid"));
            if (defaulted) {
                // a Job without labels has its template's, these among them
                Json.ensureObject(job, "metadata").set("labels", Json.at(template, "metadata", "labels").deepCopy());
            }
        }
    }

    /** Keeps what the client has set: validation tells when that is something else. */
    private static void generateSelector(ObjectNode spec, ObjectNode template, String name, String uid) {
        ObjectNode labels = Json.ensureObject(Json.ensureObject(template, "metadata"), "labels");
        for (String prefix : new String[] {"", PREFIX}) { // the names without a prefix are those of old
            labels.putIfAbsent(prefix + NAME, labels.textNode(name));
            labels.putIfAbsent(prefix + UID, labels.textNode(uid));
        }
        ObjectNode matched = Json.ensureObject(Json.ensureObject(spec, "selector"), "matchLabels");
        matched.putIfAbsent(PREFIX + UID, matched.textNode(uid));
    }
}
