package io.skerry.apiserver.verbs;

import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.SelectableFields;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.selector.FieldSelector;
import io.skerry.machinery.selector.LabelSelector;
import java.util.TreeSet;

/**
 * The objects a list, watch or deletecollection is about.
 *
 * @param name the one name that the request was authorized for, by its path (GET /watch/...) or its field selector; "" for all
 */
public record Selection(String prefix, String name, LabelSelector labels, FieldSelector fields, SelectableFields selectable) {

    public static Selection of(Call call) {
        ServedType type = call.type();
        SelectableFields selectable = type.selectableFields();
        LabelSelector labels;
        FieldSelector fields;
        try {
            labels = LabelSelector.parse(call.query().get("labelSelector"));
            fields = FieldSelector.parse(call.query().get("fieldSelector"));
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest("unable to parse requirement: " + e.getMessage());
        }
        for (FieldSelector.Requirement requirement : fields.requirements()) {
            String field = requirement.field();
            boolean known = field.equals("metadata.name") || field.equals("metadata.namespace") && type.namespaced() || selectable.labels().contains(field);
            if (!known) {
                throw ApiException.badRequest(type.custom() || selectable.labels().isEmpty() ? "field label not supported: " + field
                        : "field label not supported: " + field + "; " + type.type().kind() + " supports metadata.name"
                                + (type.namespaced() ? ", metadata.namespace" : "") + ", " + String.join(", ", new TreeSet<>(selectable.labels())));
            }
        }
        String prefix = type.namespaced() && !call.info().namespace().isEmpty() ? call.info().namespace() + "/" : "";
        return new Selection(prefix, call.info().name(), labels, fields, selectable);
    }

    boolean isEverything() {
        return name.isEmpty() && labels.isEmpty() && fields.isEmpty();
    }

    public boolean matches(Entry entry) {
        return (name.isEmpty() || name.equals(entry.name()))
                && (labels.isEmpty() || labels.matches(entry.labels(selectable.paths())))
                && (fields.isEmpty() || fields.matches(field -> selectable.value(field, entry)));
    }
}
