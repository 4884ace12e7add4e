package io.skerry.apiserver.admission.rules;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import io.skerry.apiserver.User;
import io.skerry.apiserver.authz.Attributes;
import io.skerry.apiserver.authz.Authorizer;
import io.skerry.apiserver.registry.Store;
import io.skerry.machinery.cel.CelAuthorizer;
import io.skerry.machinery.cel.CelEnvironment;
import io.skerry.machinery.cel.CelException;
import io.skerry.machinery.cel.CelProgram;
import io.skerry.machinery.cel.CelTypes;
import io.skerry.machinery.cel.CelValues;
import io.skerry.machinery.cel.library.AuthorizerLibrary;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.validation.FieldError;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The expressions of admission (KEP-3488): the environments they compile in and the variables they see. object, oldObject, params and
 * namespaceObject are dynamic, because one policy may be for many types; request is typed.
 */
public final class Expressions {
    /** What of a namespace expressions may see (CreateNamespaceObject of k8s.io/apiserver's admission plug-ins). */
    private static final Set<String> NAMESPACE_METADATA = Set.of("name", "generateName", "namespace", "labels", "annotations", "UID", "creationTimestamp",
            "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "resourceVersion", "finalizers");

    private final Authorizer authorizer;
    private final Store store;

    public Expressions(Authorizer authorizer, Store store) {
        this.authorizer = authorizer;
        this.store = store;
    }

    /**
     * @param params     whether there is a variable params
     * @param authorizer whether there is a variable authorizer
     */
    public static CelEnvironment environment(boolean params, boolean authorizer) {
        return environment(new CelTypes(), SimpleType.DYN, params ? SimpleType.DYN : null, authorizer);
    }

    /**
     * As {@link #environment(boolean, boolean)} for objects of one type.
     *
     * @param types  where the types are from; others are added
     * @param params null when there is no variable params
     */
    public static CelEnvironment environment(CelTypes types, CelType object, CelType params, boolean authorizer) {
        Map<String, CelType> kind = fields("group", "version", "kind");
        Map<String, CelType> resource = fields("group", "version", "resource");
        CelType kindType = types.struct("kubernetes.GroupVersionKind", kind);
        CelType resourceType = types.struct("kubernetes.GroupVersionResource", resource);
        Map<String, CelType> user = fields("username", "uid");
        user.put("groups", ListType.create(SimpleType.STRING));
        user.put("extra", MapType.create(SimpleType.STRING, ListType.create(SimpleType.STRING)));
        Map<String, CelType> request = fields("subResource", "requestSubResource", "name", "namespace", "operation");
        request.put("kind", kindType);
        request.put("resource", resourceType);
        request.put("requestKind", kindType);
        request.put("requestResource", resourceType);
        request.put("userInfo", types.struct("kubernetes.UserInfo", user));
        request.put("dryRun", SimpleType.BOOL);
        request.put("options", SimpleType.DYN);
        Map<String, CelType> variables = new LinkedHashMap<>();
        variables.put("object", object);
        variables.put("oldObject", object);
        variables.put("request", types.struct("kubernetes.AdmissionRequest", request));
        variables.put("namespaceObject", SimpleType.DYN);
        if (params != null) {
            variables.put("params", params);
        }
        if (authorizer) {
            variables.put("authorizer", AuthorizerLibrary.AUTHORIZER_TYPE);
            variables.put("authorizer.requestResource", AuthorizerLibrary.RESOURCE_TYPE);
        }
        return CelEnvironment.of(variables, types);
    }

    /**
     * Compiles one expression for what that may tell. One that is not there is validation's to miss.
     *
     * @return null when there is none or it does not compile
     */
    public static CelProgram compile(List<FieldError> errors, CelEnvironment environment, JsonNode holder, String field, String path, Set<CelType> results) {
        String expression = Json.text(holder, field);
        if (expression.isBlank()) {
            return null;
        }
        try {
            CelProgram program = environment.compile(expression, results);
            if (!results.isEmpty() && !results.contains(program.resultType())) {
                throw CelException.of("must evaluate to one of [" + String.join(" ", results.stream().map(CelType::name).sorted().toList()) + "]");
            }
            return program;
        } catch (CelException e) {
            errors.add(new FieldError(FieldError.Type.INVALID, path + "." + field, Json.string(holder.get(field)), e.getMessage()));
            return null;
        }
    }

    /** matchConditions of a webhook or policy. */
    public static void compileConditions(List<FieldError> errors, CelEnvironment environment, JsonNode conditions, String path) {
        for (int i = 0; i < conditions.size(); i++) {
            compile(errors, environment, conditions.get(i), "expression", path + "[" + i + "]", Set.of(SimpleType.BOOL));
        }
    }

    private static Map<String, CelType> fields(String... names) {
        Map<String, CelType> fields = new LinkedHashMap<>();
        for (String name : names) {
            fields.put(name, SimpleType.STRING);
        }
        return fields;
    }

    /** The variables of one write; params and variables are the caller's to add. */
    public Map<String, Object> variables(AdmissionRequest request) {
        Map<String, Object> variables = new HashMap<>();
        variables.put("object", CelValues.of(request.object()));
        variables.put("oldObject", CelValues.of(request.oldObject()));
        ObjectNode tree = request.tree();
        // typed fields are there even when they are empty, as in Go
        for (String field : List.of("subResource", "requestSubResource", "name", "namespace")) {
            if (!tree.has(field)) {
                tree.put(field, "");
            }
        }
        variables.put("request", CelValues.of(tree));
        variables.put("namespaceObject", CelValues.of(namespace(request)));
        User user = request.call().user();
        CelAuthorizer asked = new Asked(authorizer, user);
        variables.put("authorizer", asked);
        variables.put("authorizer.requestResource", new AuthorizerLibrary.Resource(asked, request.matched().group(), request.matched().plural(),
                request.call().info().subresource(), request.call().type().namespaced() ? request.call().info().namespace() : "", request.name(), ""));
        return variables;
    }

    private JsonNode namespace(AdmissionRequest request) {
        if (!request.call().type().namespaced()) {
            return null;
        }
        ObjectNode namespace = store.tree("", "namespaces", request.call().info().namespace());
        if (namespace != null) {
            ((ObjectNode) namespace.get("metadata")).retain(NAMESPACE_METADATA);
            namespace.retain("apiVersion", "kind", "metadata", "spec", "status");
        }
        return namespace;
    }

    private record Asked(Authorizer authorizer, User user) implements CelAuthorizer {

        @Override
        public CelAuthorizer serviceAccount(String namespace, String name) {
            return new Asked(authorizer, new User("system:serviceaccount:" + namespace + ":" + name, "system:serviceaccounts", "system:serviceaccounts:" + namespace,
                    User.AUTHENTICATED));
        }

        @Override
        public Decision path(String verb, String path) {
            return decide(new Attributes(user, false, verb, "", "", "", "", "", path));
        }

        @Override
        public Decision resource(String verb, String group, String resource, String subresource, String namespace, String name, String fieldSelector) {
            return decide(new Attributes(user, true, verb, group, resource, subresource, name, namespace, "", fieldSelector));
        }

        private Decision decide(Attributes wanted) {
            Authorizer.Decision decision = authorizer.decide(wanted);
            return new Decision(decision.allowed(), decision.reason());
        }
    }
}
