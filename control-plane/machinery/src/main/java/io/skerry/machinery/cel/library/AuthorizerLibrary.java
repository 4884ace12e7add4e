package io.skerry.machinery.cel.library;

import static io.skerry.machinery.cel.library.Arguments.STRING;

import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import io.skerry.machinery.cel.CelAuthorizer;
import io.skerry.machinery.cel.library.Functions.Argument;

/** Questions to the authorizer, for expressions that have the variable {@code authorizer} (k8s.io/apiserver/pkg/cel/library, authz.go). */
public final class AuthorizerLibrary {
    public static final CelType AUTHORIZER_TYPE = OpaqueType.create("kubernetes.authorization.Authorizer");
    private static final CelType PATH_TYPE = OpaqueType.create("kubernetes.authorization.PathCheck");
    private static final CelType GROUP_TYPE = OpaqueType.create("kubernetes.authorization.GroupCheck");
    public static final CelType RESOURCE_TYPE = OpaqueType.create("kubernetes.authorization.ResourceCheck");
    private static final CelType DECISION_TYPE = OpaqueType.create("kubernetes.authorization.Decision");
    private static final Argument AUTHORIZER = new Argument(AUTHORIZER_TYPE, CelAuthorizer.class);
    private static final Argument PATH = new Argument(PATH_TYPE, Path.class);
    private static final Argument GROUP = new Argument(GROUP_TYPE, Group.class);
    private static final Argument RESOURCE = new Argument(RESOURCE_TYPE, Resource.class);
    private static final Argument DECISION = new Argument(DECISION_TYPE, CelAuthorizer.Decision.class);

    private record Path(CelAuthorizer authorizer, String path) {
    }

    private record Group(CelAuthorizer authorizer, String group) {
    }

    /** A resource of which {@code check('verb')} can be asked; also the variable {@code authorizer.requestResource}. */
    public record Resource(CelAuthorizer authorizer, String group, String resource, String subresource, String namespace, String name, String fieldSelector) {
    }

    private AuthorizerLibrary() {
    }

    static void declare(Functions functions) {
        functions.member("path", "authorizer_path", PATH_TYPE, a -> {
            if (((String) a[1]).isEmpty()) {
                throw new IllegalArgumentException("path must not be empty");
            }
            return new Path((CelAuthorizer) a[0], (String) a[1]);
        }, AUTHORIZER, STRING);
        functions.member("group", "authorizer_group", GROUP_TYPE, a -> new Group((CelAuthorizer) a[0], (String) a[1]), AUTHORIZER, STRING);
        functions.member("serviceAccount", "authorizer_serviceaccount", AUTHORIZER_TYPE,
                a -> ((CelAuthorizer) a[0]).serviceAccount((String) a[1], (String) a[2]), AUTHORIZER, STRING, STRING);
        functions.member("resource", "groupcheck_resource", RESOURCE_TYPE, a -> {
            Group group = (Group) a[0];
            return new Resource(group.authorizer(), group.group(), (String) a[1], "", "", "", "");
        }, GROUP, STRING);
        functions.member("subresource", "resourcecheck_subresource", RESOURCE_TYPE, a -> {
            Resource r = (Resource) a[0];
            return new Resource(r.authorizer(), r.group(), r.resource(), (String) a[1], r.namespace(), r.name(), r.fieldSelector());
        }, RESOURCE, STRING);
        functions.member("namespace", "resourcecheck_namespace", RESOURCE_TYPE, a -> {
            Resource r = (Resource) a[0];
            return new Resource(r.authorizer(), r.group(), r.resource(), r.subresource(), (String) a[1], r.name(), r.fieldSelector());
        }, RESOURCE, STRING);
        functions.member("name", "resourcecheck_name", RESOURCE_TYPE, a -> {
            Resource r = (Resource) a[0];
            return new Resource(r.authorizer(), r.group(), r.resource(), r.subresource(), r.namespace(), (String) a[1], r.fieldSelector());
        }, RESOURCE, STRING);
        functions.member("fieldSelector", "authorizer_fieldselector", RESOURCE_TYPE, a -> {
            Resource r = (Resource) a[0];
            return new Resource(r.authorizer(), r.group(), r.resource(), r.subresource(), r.namespace(), r.name(), (String) a[1]);
        }, RESOURCE, STRING);
        // no rule of this server looks at labels: what is allowed for all is allowed for some
        functions.member("labelSelector", "authorizer_labelselector", RESOURCE_TYPE, a -> a[0], RESOURCE, STRING);
        functions.member("check", "pathcheck_check", DECISION_TYPE, a -> ((Path) a[0]).authorizer().path((String) a[1], ((Path) a[0]).path()), PATH, STRING);
        functions.member("check", "resourcecheck_check", DECISION_TYPE, a -> {
            Resource r = (Resource) a[0];
            return r.authorizer().resource((String) a[1], r.group(), r.resource(), r.subresource(), r.namespace(), r.name(), r.fieldSelector());
        }, RESOURCE, STRING);
        functions.member("allowed", "decision_allowed", SimpleType.BOOL, a -> ((CelAuthorizer.Decision) a[0]).allowed(), DECISION);
        functions.member("reason", "decision_reason", SimpleType.STRING, a -> ((CelAuthorizer.Decision) a[0]).reason(), DECISION);
        functions.member("errored", "decision_errored", SimpleType.BOOL, a -> false, DECISION);
        functions.member("error", "decision_error", SimpleType.STRING, a -> "", DECISION);
    }
}
