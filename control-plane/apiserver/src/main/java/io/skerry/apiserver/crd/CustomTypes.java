package io.skerry.apiserver.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.cache.ResourceCache;
import io.skerry.apiserver.registry.Conditions;
import io.skerry.apiserver.registry.Conversion;
import io.skerry.apiserver.registry.Converter;
import io.skerry.apiserver.registry.NamesInUse;
import io.skerry.apiserver.registry.SelectableField;
import io.skerry.apiserver.registry.SelectableFields;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.ServedTypes;
import io.skerry.apiserver.webhook.WebhookClient;
import io.skerry.machinery.discovery.ApiGroups;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.PrinterColumn;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.schema.Schema;
import io.skerry.machinery.schema.Subresource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The types that the established CustomResourceDefinitions define, made anew when one of them changed. */
public final class CustomTypes implements ServedTypes.Source {
    static final String GROUP = "apiextensions.k8s.io";
    static final String PLURAL = "customresourcedefinitions";
    private static final Set<String> VERBS = Set.of("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch");
    private static final Set<String> SUBRESOURCE_VERBS = Set.of("get", "patch", "update");

    private final Supplier<ResourceCache> definitions;
    private final WebhookClient webhooks;
    /** Names and types of each definition, by the state of the definition they were made from. */
    private Map<String, Made> made = Map.of();

    private record Made(Entry definition, String group, JsonNode acceptedNames, List<ServedType> types) {
    }

    public CustomTypes(Supplier<ResourceCache> definitions, WebhookClient webhooks) {
        this.definitions = definitions;
        this.webhooks = webhooks;
    }

    @Override
    public long revision() {
        return definitions.get().lastRevision();
    }

    @Override
    public List<ServedType> types() {
        return made().values().stream().flatMap(each -> each.types().stream()).toList();
    }

    @Override
    public void addNames(NamesInUse names, String group, String butDefinition) {
        made().values().stream().filter(each -> each.group().equals(group) && !each.definition().name().equals(butDefinition)).map(Made::acceptedNames).forEach(accepted -> {
            names.resources().addAll(List.of(Json.text(accepted, "plural"), Json.text(accepted, "singular")));
            names.resources().addAll(strings(accepted.path("shortNames")));
            names.kinds().addAll(List.of(Json.text(accepted, "kind"), Json.text(accepted, "listKind")));
        });
    }

    private synchronized Map<String, Made> made() {
        Map<String, Made> next = new LinkedHashMap<>();
        for (Entry entry : definitions.get().snapshot("").entries()) {
            Made known = made.get(entry.key());
            next.put(entry.key(), known != null && known.definition() == entry ? known : made(entry));
        }
        made = next;
        return next;
    }

    private Made made(Entry entry) {
        ObjectNode definition = entry.tree();
        return new Made(entry, Json.text(definition, "spec", "group"), Json.at(definition, "status", "acceptedNames"), types(definition, entry.revision()));
    }

    private List<ServedType> types(ObjectNode definition, long revision) {
        if (!Conditions.isTrue(definition, "Established")) {
            return List.of();
        }
        List<ServedType> types = new ArrayList<>();
        JsonNode spec = definition.path("spec");
        String storage = "";
        for (JsonNode version : spec.path("versions")) {
            if (version.path("storage").asBoolean()) {
                storage = Json.text(version, "name");
            }
        }
        JsonNode conversion = spec.path("conversion");
        Converter converter = Json.text(conversion, "strategy").equals("Webhook")
                ? new WebhookConverter(Json.text(definition, "metadata", "name"), conversion.path("webhook"), webhooks) : Conversion::convert;
        Map<String, Schema> schemas = schemas(spec);
        Set<String> paths = selectablePaths(spec);
        for (JsonNode version : spec.path("versions")) {
            if (version.path("served").asBoolean()) {
                types.add(type(definition, version, storage, converter, schemas, paths, revision));
            }
        }
        return types;
    }

    /** Of all versions, also of those that are not served: fields may still be managed in them. */
    private static Map<String, Schema> schemas(JsonNode spec) {
        Map<String, Schema> schemas = new HashMap<>();
        for (JsonNode version : spec.path("versions")) {
            schemas.put(Json.text(spec, "group") + "/" + Json.text(version, "name"), Schema.ofCustomResource(Json.at(version, "schema", "openAPIV3Schema")));
        }
        return schemas;
    }

    /** Of all versions, which show the same objects. */
    private static Set<String> selectablePaths(JsonNode spec) {
        return spec.path("versions").valueStream().flatMap(CustomTypes::selectableLabels).collect(Collectors.toUnmodifiableSet());
    }

    private static Stream<String> selectableLabels(JsonNode version) {
        return version.path("selectableFields").valueStream().map(field -> Json.text(field, "jsonPath").replaceFirst("^\\.", "")).distinct();
    }

    private static ServedType type(ObjectNode definition, JsonNode version, String storage, Converter converter, Map<String, Schema> schemas,
            Set<String> paths, long revision) {
        JsonNode spec = definition.path("spec");
        JsonNode names = Json.at(definition, "status", "acceptedNames");
        String group = Json.text(spec, "group");
        String name = Json.text(version, "name");
        String kind = Json.text(names, "kind");
        List<Subresource> subresources = new ArrayList<>();
        if (Json.at(version, "subresources", "status").isObject()) {
            subresources.add(new Subresource("status", group, name, kind, SUBRESOURCE_VERBS));
        }
        JsonNode scale = Json.at(version, "subresources", "scale");
        if (scale.isObject()) {
            subresources.add(new Subresource("scale", "autoscaling", "v1", "Scale", SUBRESOURCE_VERBS));
        }
        List<PrinterColumn> columns = new ArrayList<>();
        for (JsonNode column : version.path("additionalPrinterColumns")) {
            columns.add(new PrinterColumn(Json.text(column, "name"), Json.text(column, "type"), Json.text(column, "format"), Json.text(column, "description"),
                    column.path("priority").asInt(), Json.text(column, "jsonPath")));
        }
        ResourceType type = new ResourceType(group, name, Json.text(names, "plural"), Json.text(names, "singular"), kind, Json.text(spec, "scope").equals("Namespaced"),
                strings(names.path("shortNames")), strings(names.path("categories")), VERBS, List.copyOf(subresources),
                schemas.get(group + "/" + name), List.copyOf(columns));
        SelectableFields fields = SelectableFields.of(selectableLabels(version).map(SelectableField::text).toList(), paths);
        return new ServedType(type, group, group + "/" + storage, true, new CustomStrategy(type, scale,
                !Json.text(definition, "metadata", "deletionTimestamp").isEmpty(), revision, deprecation(spec, version)), converter, schemas, fields);
    }

    /** What to warn of whoever uses a version: its own words, or that it is deprecated and which newer one to use; "" for one that is not. */
    private static String deprecation(JsonNode spec, JsonNode version) {
        if (!version.path("deprecated").asBoolean()) {
            return "";
        }
        if (version.hasNonNull("deprecationWarning")) {
            return Json.text(version, "deprecationWarning");
        }
        String name = Json.text(version, "name");
        String of = " " + Json.text(spec, "names", "kind");
        String group = Json.text(spec, "group") + "/";
        String newest = spec.path("versions").valueStream().filter(other -> other.path("served").asBoolean() && !other.path("deprecated").asBoolean())
                .map(other -> Json.text(other, "name")).filter(other -> ApiGroups.versions().compare(other, name) < 0).min(ApiGroups.versions()).orElse("");
        return group + name + of + " is deprecated" + (newest.isEmpty() ? "" : "; use " + group + newest + of);
    }

    /** A type under which objects can be written as they are stored, whether or not that version is served. */
    static ServedType stored(ObjectNode definition, String apiVersion) {
        JsonNode version = Json.at(definition, "spec", "versions").path(0);
        JsonNode spec = definition.path("spec");
        ServedType any = type(definition, version, "", Conversion::convert, schemas(spec), selectablePaths(spec), 0);
        return new ServedType(any.type(), any.storageGroup(), apiVersion, true, any.strategy(), any.converter(), any.schemas(), any.selectableFields());
    }

    private static List<String> strings(JsonNode array) {
        List<String> out = new ArrayList<>();
        array.forEach(n -> out.add(n.asText()));
        return List.copyOf(out);
    }
}
