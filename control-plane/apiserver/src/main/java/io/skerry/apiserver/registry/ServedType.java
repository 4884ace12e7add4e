package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.WatchCache;
import io.skerry.machinery.apply.Versions;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.schema.Schema;
import java.util.List;
import java.util.Map;

/**
 * One resource at one version, as it is served.
 *
 * @param type              what discovery and the schema say
 * @param storageGroup      group of the datastore key; another than the type's where two groups show the same objects (events)
 * @param storageApiVersion apiVersion that objects are written in
 * @param custom            defined by a CustomResourceDefinition
 * @param strategy          what differs for this type
 * @param converter         takes objects from version to version
 * @param schemas           of all versions of the same objects, those that are not served included, by apiVersion
 * @param selectableFields  what field selectors may name
 */
public record ServedType(ResourceType type, String storageGroup, String storageApiVersion, boolean custom, Strategy strategy,
        Converter converter, Map<String, Schema> schemas, SelectableFields selectableFields) {

    public String group() {
        return type.group();
    }

    public String plural() {
        return type.plural();
    }

    public String kind() {
        return type.kind();
    }

    public boolean namespaced() {
        return type.namespaced();
    }

    public String storagePrefix() {
        return WatchCache.prefix(storageGroup, type.plural());
    }

    /** Key within the resource's cache. */
    public String key(String namespace, String name) {
        return type.namespaced() ? namespace + "/" + name : name;
    }

    /** The versions that managers of the objects' fields may have written. */
    public Versions versions() {
        return new Versions() {
            @Override
            public Schema schema(String apiVersion) {
                return schemas.get(apiVersion);
            }

            @Override
            public List<ObjectNode> convert(List<ObjectNode> objects, String apiVersion) {
                return converter.convert(objects, apiVersion);
            }
        };
    }

    public boolean is(String group, String plural) {
        return type.group().equals(group) && type.plural().equals(plural);
    }
}
