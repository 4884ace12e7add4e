package io.skerry.machinery.schema;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One resource of the API: what discovery says about it, and the schema of its objects.
 *
 * @param group API group, "" for the core group
 * @param version API version, such as "v1" or "v1beta1"
 * @param plural resource name in paths, such as "deployments"
 * @param singular lower-case singular name, such as "deployment"
 * @param kind kind of the objects, such as "Deployment"
 * @param namespaced whether objects live in a namespace
 * @param shortNames names kubectl accepts as well, such as "deploy"
 * @param categories groups of resources such as "all"
 * @param verbs Kubernetes verbs that are served (create, delete, deletecollection, get, list, patch, update, watch)
 * @param subresources what is served under the resource, such as "status" and "scale"
 * @param schema schema of one object
 * @param printerColumns columns of a custom resource's table; empty for built-in types
 */
public record ResourceType(String group, String version, String plural, String singular, String kind, boolean namespaced,
        List<String> shortNames, List<String> categories, Set<String> verbs, List<Subresource> subresources, Schema schema,
        List<PrinterColumn> printerColumns) {

    /** group/plural of upstream's storages with ReturnDeletedObject (1.33). */
    private static final Set<String> DELETED_OBJECTS = Set.of("/persistentvolumeclaims", "/persistentvolumes", "/pods", "/podtemplates", "/resourcequotas",
            "/serviceaccounts", "/services", "storage.k8s.io/csidrivers", "storage.k8s.io/csinodes", "storage.k8s.io/storageclasses", "storage.k8s.io/volumeattachments");

    /** The {@code apiVersion} of its objects: "v1" in the core group, else "group/version". */
    public String apiVersion() {
        return group.isEmpty() ? version : group + "/" + version;
    }

    /** Kind of a list of these objects, such as "DeploymentList". */
    public String listKind() {
        return kind + "List";
    }

    /** Whether a subresource of this name ("status", "scale", "log", ...) is served. */
    public boolean hasSubresource(String name) {
        return subresource(name).isPresent();
    }

    /** Whether a DELETE that took effect at once answers with the object instead of a Status. */
    public boolean returnsDeletedObject() {
        return DELETED_OBJECTS.contains(group + "/" + plural);
    }

    /** The subresource of this name. */
    public Optional<Subresource> subresource(String name) {
        return subresources.stream().filter(s -> s.name().equals(name)).findFirst();
    }
}
