package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.Entry;
import io.skerry.datastore.Durability;
import io.skerry.machinery.defaults.CanonicalForm;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.schema.Schema;
import io.skerry.machinery.validation.FieldError;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What the generic registry does differently for one type, as upstream's {@code rest.RESTCreateStrategy} and relatives. This one is the
 * default: status is split from the rest when the type has a status subresource.
 */
public class Strategy {
    /** Where objects of a type have a pod template. */
    private static final Map<String, String> TEMPLATES = Map.of("/podtemplates", "template", "/replicationcontrollers", "spec.template", "apps/daemonsets", "spec.template",
            "apps/deployments", "spec.template", "apps/replicasets", "spec.template", "apps/statefulsets", "spec.template", "batch/jobs", "spec.template",
            "batch/cronjobs", "spec.jobTemplate.spec.template");

    private final String template;
    private final Schema schema;
    private final boolean statusSplit;
    private final boolean generation;

    /** @param generation whether metadata.generation counts changes of what is wanted */
    public Strategy(ResourceType type, boolean generation) {
        this.template = TEMPLATES.getOrDefault(type.group() + "/" + type.plural(), "");
        this.schema = type.schema();
        this.statusSplit = type.hasSubresource("status");
        this.generation = generation;
    }

    /** Whether status is written through its own subresource only. */
    public final boolean statusSplit() {
        return statusSplit;
    }

    /** Whether an update without resourceVersion overwrites whatever is there. */
    public boolean unconditionalUpdate() {
        return true;
    }

    /** Whether PUT of a name that is not there creates it. */
    public boolean createOnUpdate() {
        return false;
    }

    /** What creating and deleting promises. */
    public Durability durability() {
        return Durability.DURABLE;
    }

    /**
     * What an update promises.
     *
     * @param old what it replaces, null when that is not known
     */
    public Durability durability(ObjectNode updated, Entry old) {
        return durability();
    }

    /** Revision of the last change of the type's own definition: what was written before is brought into its present form when it is read. */
    public long definedAt() {
        return 0;
    }

    /** What a DELETE without propagationPolicy does with dependents; "" for the garbage collector's default, or "orphan". */
    public String defaultPropagation() {
        return "";
    }

    /** Told to who leaves it at that; "" for nothing. */
    public String defaultPropagationWarning() {
        return "";
    }

    public void prepareForCreate(ObjectNode object) {
        if (statusSplit) {
            CanonicalForm.reset(object, "status", schema);
        }
        if (generation) {
            metadata(object).put("generation", 1);
        }
    }

    /** Changes of the object itself: takes over what only subresources may change. */
    public void prepareForUpdate(ObjectNode updated, ObjectNode old) {
        if (statusSplit) {
            keep("status", updated, old);
        }
        if (generation) {
            countGeneration(updated, old);
        }
    }

    /** A write of the status subresource: everything else stays, but for what {@link #statusMetadata} lets through. */
    public void prepareForStatusUpdate(ObjectNode updated, ObjectNode old) {
        JsonNode status = updated.get("status");
        JsonNode metadata = updated.get("metadata");
        updated.removeAll();
        updated.setAll(old.deepCopy());
        put("status", status, updated);
        ObjectNode kept = metadata(updated);
        for (String field : List.of("managedFields", "resourceVersion")) {
            put(field, metadata.get(field), kept);
        }
        for (String field : statusMetadata()) {
            put(field, metadata.get(field), kept);
        }
    }

    /** Fields of metadata that may be written along with the status: most of upstream's status strategies only reset the spec. */
    protected List<String> statusMetadata() {
        return List.of("annotations", "finalizers", "labels", "ownerReferences");
    }

    /** Further validation of this type, beside what the machinery validates. */
    public List<FieldError> validate(ObjectNode object, ObjectNode oldOrNull) {
        return List.of();
    }

    /** Warnings for the client that creates or updates it (Warning header, RFC 7234); not asked for its subresources. */
    public List<String> warnings(ObjectNode object, ObjectNode oldOrNull) {
        boolean changed = oldOrNull == null || Json.at(object, "metadata", "generation").asLong() != Json.at(oldOrNull, "metadata", "generation").asLong();
        return template.isEmpty() || !changed ? List.of() : PodWarnings.of(Json.at(object, template.split("\\.")), template);
    }

    /** What every answer to a request for this type warns of, whatever was asked; "" for nothing. */
    public String deprecation() {
        return "";
    }

    /**
     * Seconds an object is kept after DELETE for something to end it in an orderly way.
     *
     * @param asked gracePeriodSeconds of the request, or null
     * @return 0 when it goes at once, or null when the type knows no grace
     */
    public Long gracePeriod(ObjectNode object, Long asked) {
        return null;
    }

    /** Whether something beside metadata.finalizers still holds an object that is being deleted. */
    public boolean heldFromDeletion(ObjectNode object) {
        return false;
    }

    /** Called when a DELETE marks an object, before it is written. */
    public void markDeleted(ObjectNode object) {
    }

    /** Takes what the object needs and others must not have (addresses, ports), and writes it into the object. */
    public Reservation reserve(ObjectNode object, ObjectNode oldOrNull) {
        return Reservation.NONE;
    }

    /** Something taken for an object until it is written (then the object itself says what is taken) or given up. */
    @FunctionalInterface
    public interface Reservation extends AutoCloseable {
        Reservation NONE = () -> { };

        @Override
        void close();
    }

    private void countGeneration(ObjectNode updated, ObjectNode old) {
        long before = old.path("metadata").path("generation").asLong();
        boolean changed = !wanted(updated).equals(wanted(old));
        metadata(updated).put("generation", (int) (changed ? before + 1 : before));
    }

    /** What generation counts changes of: all but metadata and a split status. */
    protected ObjectNode wanted(ObjectNode object) {
        ObjectNode wanted = object.objectNode();
        wanted.setAll(object);
        wanted.remove("metadata");
        if (statusSplit) {
            wanted.remove("status");
        }
        return wanted;
    }

    /**
     * Whether an update changes no more than a part of an object, and what every update changes: such a change may be {@link Durability#LAZY}.
     *
     * @param old what it replaces, null when that is not known
     * @param removal takes that part out of an object
     */
    protected static boolean changesOnly(ObjectNode updated, Entry old, Consumer<ObjectNode> removal) {
        return old != null && without(updated, removal).equals(without(old.tree(), removal));
    }

    private static ObjectNode without(ObjectNode object, Consumer<ObjectNode> removal) {
        ObjectNode copy = object.deepCopy();
        metadata(copy).remove(List.of("resourceVersion", "managedFields"));
        removal.accept(copy);
        return copy;
    }

    protected static ObjectNode metadata(ObjectNode object) {
        return Json.ensureObject(object, "metadata");
    }

    protected static void keep(String field, ObjectNode updated, ObjectNode old) {
        put(field, old.get(field), updated);
    }

    protected static void put(String field, JsonNode value, ObjectNode into) {
        if (value == null || value.isNull()) {
            into.remove(field);
        } else {
            into.set(field, value);
        }
    }
}
