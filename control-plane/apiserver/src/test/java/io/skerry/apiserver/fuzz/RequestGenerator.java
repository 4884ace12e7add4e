package io.skerry.apiserver.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.fuzz.FuzzRequest.Header;
import io.skerry.apiserver.fuzz.Grammar.Resource;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;

/** Makes a request of a number: mostly one that gets far, with something wrong in it. */
final class RequestGenerator {
    private static final String JSON_PATCH = "application/json-patch+json";
    private static final String MERGE = "application/merge-patch+json";
    private static final String STRATEGIC = "application/strategic-merge-patch+json";
    private static final String APPLY = "application/apply-patch+yaml";
    private static final String PROTOBUF = "application/vnd.kubernetes.protobuf";
    private static final List<String> MEDIA = List.of("application/json", "application/yaml", PROTOBUF, JSON_PATCH, MERGE, STRATEGIC, APPLY, "text/plain", "", ";", "a/b; c=\"");
    private static final List<String> METHODS = List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW", "get");
    private static final List<String> ACCEPT = List.of("application/json", "*/*", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
            "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io", "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json",
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
            "application/vnd.kubernetes.protobuf", "text/html", "application/json;as=Nothing;v=v9;g=x", ";;", "application/json;as=Table;v=v1beta1;g=meta.k8s.io");
    private static final List<String> PATHS = List.of("/", "/api", "/apis", "/apis/apps", "/healthz", "/livez/ping", "/readyz?verbose", "/livez?exclude=ping",
            "/metrics", "/version", "/openapi/v2",
            "/openapi/v3", "/openapi/v3/apis/apps/v1", "/openapi/v3/apis/none/v1", "/.well-known/openid-configuration", "/openid/v1/jwks", "/api/v1/", "/apis//v1",
                    "/logs", "/favicon.ico",
            "/api/v1/namespaces/default/pods/a/exec?command=sh", "/api/v1/nodes/a/proxy/x", "/apis/fuzz.example.org/v1/things", "/%2e%2e/x", "/api/v1/%",
                    "/api/v1/namespaces/%00/pods", "//api//v1//pods");

    /** Those that leave something behind come more often than those that take it away. */
    private static final List<String> VERBS = List.of("get", "list", "list", "watch", "create", "create", "create", "create", "update", "update", "update", "patch",
            "patch", "patch",
            "patch", "patch", "delete");

    private final ObjectGenerator objects;
    private final List<Resource> resources = new ArrayList<>();

    RequestGenerator(Grammar grammar, ObjectGenerator objects) {
        this.objects = objects;
        for (Resource resource : grammar.resources()) {
            // what reaches behind validation is worth more
            int weight = objects.hasSample(resource) ? 4 : 1;
            for (int i = 0; i < weight; i++) {
                resources.add(resource);
            }
        }
    }

    FuzzRequest request(RandomGenerator random) {
        boolean http2 = random.nextInt(3) == 0;
        if (random.nextInt(25) == 0) {
            return new FuzzRequest(http2, random.nextInt(4) == 0 ? METHODS.get(random.nextInt(9)) : "GET", PATHS.get(random.nextInt(PATHS.size())), headers(random, null,
                    http2), FuzzRequest.NO_BODY, 100);
        }
        Resource resource = resources.get(random.nextInt(resources.size()));
        // the whole of a collection goes now and then only
        boolean collection = random.nextInt(200) == 0;
        String namespace = pick(random, ObjectGenerator.NAMESPACES);
        String name = pick(random, ObjectGenerator.NAMES);
        String verb = pick(random, VERBS);
        for (int i = 0; i < 20 && !resource.verbs().contains(verb) && random.nextInt(100) != 0; i++) {
            verb = pick(random, VERBS);
        }
        if (collection) {
            verb = "deletecollection";
        }
        boolean named = !List.of("list", "watch", "deletecollection").contains(verb) && !(verb.equals("create") && resource.subresource().isEmpty());
        StringBuilder path = new StringBuilder(resource.prefix());
        if (resource.namespaced() && (named || random.nextInt(4) != 0)) {
            path.append("/namespaces/").append(namespace);
        }
        path.append('/').append(resource.plural());
        if (named) {
            path.append('/').append(name);
        }
        if (!resource.subresource().isEmpty()) {
            path.append('/').append(resource.subresource());
        }
        List<String> query = new ArrayList<>();
        String method = switch (verb) {
            case "create" -> "POST";
            case "update" -> "PUT";
            case "patch" -> "PATCH";
            case "delete", "deletecollection" -> "DELETE";
            default -> "GET";
        };
        if (verb.equals("watch")) {
            query.add("watch=" + pick(random, List.of("true", "1", "")));
            query.add("timeoutSeconds=" + random.nextInt(1, 4));
        }
        query(random, verb, query);
        String contentType = null;
        byte[] body = FuzzRequest.NO_BODY;
        switch (verb) {
            case "create", "update" -> {
                contentType = random.nextInt(25) == 0 ? pick(random, MEDIA) : pick(random, List.of("application/json", "application/json", "application/json",
                        "application/json", "application/json", "application/yaml", PROTOBUF));
                body = encoded(random, contentType, objects.object(random, resource, namespace, name), resource);
            }
            case "patch" -> {
                contentType = random.nextInt(25) == 0 ? pick(random, MEDIA) : pick(random, List.of(JSON_PATCH, MERGE, STRATEGIC, APPLY));
                body = patch(random, contentType, objects.object(random, resource, namespace, name), resource);
            }
            case "delete", "deletecollection" -> {
                if (random.nextInt(3) == 0) {
                    contentType = "application/json";
                    body = Json.bytes(deleteOptions(random));
                }
            }
            default -> {
            }
        }
        if (resource.plural().endsWith("webhookconfigurations") && !method.equals("GET") && !verb.startsWith("delete")) {
            // one that was stored and matched everything would refuse all the requests after it, with upstream's 500
            query.clear();
            query.add("dryRun=All");
        }
        String target = path.toString();
        if (random.nextInt(20) == 0) {
            target = damaged(random, target);
        }
        if (!query.isEmpty()) {
            target += "?" + String.join("&", query);
        }
        if (random.nextInt(60) == 0) {
            method = METHODS.get(random.nextInt(METHODS.size()));
        }
        int cut = body.length > 0 && random.nextInt(40) == 0 ? random.nextInt(100) : 100;
        if (body.length > 0 && random.nextInt(25) == 0) {
            body = damaged(random, body);
        }
        return new FuzzRequest(http2, method, target, headers(random, contentType, http2), body, cut);
    }

    private static void query(RandomGenerator random, String verb, List<String> query) {
        int count = random.nextInt(3) == 0 ? random.nextInt(1, 4) : 0;
        for (int i = 0; i < count; i++) {
            boolean many = verb.equals("list") || verb.equals("watch") || verb.equals("deletecollection");
            query.add(switch (random.nextInt(many ? 18 : 11)) {
                case 0 -> "dryRun=" + (random.nextInt(3) == 0 ? odd(random) : "All");
                case 1 -> "fieldManager=" + (random.nextInt(3) == 0 ? odd(random) : pick(random, ObjectGenerator.NAMES));
                case 2 -> "fieldValidation=" + pick(random, List.of("Strict", "Warn", "Ignore", "", "x"));
                case 3 -> "force=" + pick(random, List.of("true", "false", "x", ""));
                case 4 -> "propagationPolicy=" + pick(random, List.of("Orphan", "Background", "Foreground", "x"));
                case 5 -> "gracePeriodSeconds=" + pick(random, List.of("0", "1", "-1", "x", "9223372036854775807"));
                case 6 -> "resourceVersion=" + revision(random);
                case 7 -> "pretty=" + odd(random);
                case 8 -> odd(random) + "=" + odd(random);
                case 9 -> pick(random, List.of("tailLines", "limitBytes", "sinceSeconds", "sinceTime", "container", "ports", "command", "stdin", "tty",
                        "stream")) + "=" + odd(random);
                case 10 -> pick(random, List.of("ignoreStoreReadErrorWithClusterBreakingPotential", "orphanDependents", "exact", "export", "timeout")) + "=" + odd(random);
                case 11, 12 -> "labelSelector=" + encode(labelSelector(random));
                case 13 -> "fieldSelector=" + encode(fieldSelector(random));
                case 14 -> "limit=" + pick(random, List.of("1", "2", "500", "0", "-1", "x", "99999999999999999999"));
                case 15 -> "continue=" + continueToken(random);
                case 16 -> "resourceVersionMatch=" + pick(random, List.of("Exact", "NotOlderThan", "", "x"));
                default -> pick(random, List.of("allowWatchBookmarks=true", "sendInitialEvents=true", "sendInitialEvents=false", "watch=true&timeoutSeconds=1",
                        "watch=x&timeoutSeconds=1",
                        "sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan", "timeoutSeconds=1"));
            });
        }
    }

    private static String revision(RandomGenerator random) {
        // a future one is waited for, three seconds long
        return random.nextInt(50) == 0 ? "99999999999" : pick(random, List.of("0", "1", "2", "100", "-1", "", "x", "18446744073709551616", "0x10", "1.5"));
    }

    private static String labelSelector(RandomGenerator random) {
        String key = random.nextInt(4) == 0 ? ObjectGenerator.text(random) : pick(random, List.of("app", "a.b/c", "tier"));
        String value = ObjectGenerator.text(random);
        String one = switch (random.nextInt(9)) {
            case 0 -> key + "=" + value;
            case 1 -> key + "==" + value;
            case 2 -> key + "!=" + value;
            case 3 -> key + " in (" + value + ",b)";
            case 4 -> key + " notin (" + value + ")";
            case 5 -> "!" + key;
            case 6 -> key + ">" + value;
            case 7 -> key + " in (";
            default -> key;
        };
        return random.nextInt(4) == 0 ? one + "," + labelSelector(random) : one;
    }

    private static String fieldSelector(RandomGenerator random) {
        String key = random.nextInt(4) == 0 ? ObjectGenerator.text(random)
                : pick(random, List.of("metadata.name", "metadata.namespace", "status.phase", "spec.nodeName", "type", "involvedObject.name", "spec.unschedulable", "reason"));
        String one = key + pick(random, List.of("=", "==", "!=", "", ">")) + ObjectGenerator.text(random);
        return random.nextInt(4) == 0 ? one + "," + fieldSelector(random) : one;
    }

    private static String continueToken(RandomGenerator random) {
        if (random.nextInt(3) == 0) {
            return odd(random);
        }
        ObjectNode token = Json.object().put("v", "meta.k8s.io/v1").put("rv", random.nextInt(3) == 0 ? -1 : random.nextInt(2000)).put("start", pick(random,
                ObjectGenerator.NAMESPACES) + "/a");
        if (random.nextInt(4) == 0) {
            token.set(pick(random, List.of("v", "rv", "start")), ObjectGenerator.wrong(random, 0));
        }
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Json.bytes(token));
    }

    private static ObjectNode deleteOptions(RandomGenerator random) {
        ObjectNode options = Json.object().put("apiVersion", "v1").put("kind", "DeleteOptions");
        options.put("propagationPolicy", pick(random, List.of("Orphan", "Background", "Foreground", "x")));
        if (random.nextBoolean()) {
            options.put("gracePeriodSeconds", random.nextInt(-1, 3));
        }
        if (random.nextInt(3) == 0) {
            options.putObject("preconditions").put("uid", ObjectGenerator.text(random)).put("resourceVersion", ObjectGenerator.text(random));
        }
        if (random.nextInt(4) == 0) {
            options.set(pick(random, List.of("kind", "apiVersion", "dryRun", "gracePeriodSeconds", "preconditions", "orphanDependents", "propagationPolicy")),
                    ObjectGenerator.wrong(random, 0));
        }
        return options;
    }

    private static byte[] encoded(RandomGenerator random, String contentType, ObjectNode object, Resource resource) {
        if (contentType.contains("yaml")) {
            return Yaml.write(object).getBytes(StandardCharsets.UTF_8);
        }
        return contentType.equals(PROTOBUF) ? ProtobufGenerator.body(random, resource.apiVersion(), resource.kind()) : Json.bytes(object);
    }

    private byte[] patch(RandomGenerator random, String contentType, ObjectNode object, Resource resource) {
        if (contentType.equals(JSON_PATCH)) {
            ArrayNode operations = Json.array();
            int count = random.nextInt(1, 4);
            for (int i = 0; i < count; i++) {
                operations.add(operation(random, object));
            }
            return Json.bytes(random.nextInt(20) == 0 ? ObjectGenerator.wrong(random, 0) : operations);
        }
        if (contentType.equals(APPLY)) {
            return Yaml.write(object).getBytes(StandardCharsets.UTF_8);
        }
        if (!contentType.equals(MERGE) && !contentType.equals(STRATEGIC)) {
            return encoded(random, contentType, object, resource);
        }
        if (random.nextInt(30) == 0) {
            return Json.bytes(ObjectGenerator.wrong(random, 0));
        }
        ObjectNode patch = object;
        if (random.nextBoolean()) {
            patch = patch.deepCopy();
            patch.remove("metadata");
        }
        for (int i = random.nextInt(3); i > 0; i--) {
            directive(random, patch);
        }
        return Json.bytes(patch);
    }

    /** Puts a directive of strategic merge patches somewhere. */
    private static void directive(RandomGenerator random, ObjectNode patch) {
        ObjectNode at = patch;
        for (int depth = random.nextInt(6); depth > 0; depth--) {
            List<ObjectNode> below = new ArrayList<>();
            for (JsonNode child : at) {
                if (child instanceof ObjectNode object) {
                    below.add(object);
                } else if (child.path(0) instanceof ObjectNode object) {
                    below.add(object);
                }
            }
            if (below.isEmpty()) {
                break;
            }
            at = below.get(random.nextInt(below.size()));
        }
        List<String> keys = new ArrayList<>(List.of("containers", "ports", "env", "finalizers"));
        at.fieldNames().forEachRemaining(keys::add);
        String key = keys.get(random.nextInt(keys.size()));
        switch (random.nextInt(5)) {
            case 0 -> at.put("$patch", pick(random, List.of("delete", "replace", "merge", "x")));
            case 1 -> at.putArray("$retainKeys").add(key).add(ObjectGenerator.text(random));
            case 2 -> at.putArray("$deleteFromPrimitiveList/" + key).add(ObjectGenerator.wrong(random, 3));
            case 3 -> at.putArray("$setElementOrder/" + key).add(ObjectGenerator.wrong(random, 3)).addObject().put("name", "a");
            default -> at.set(pick(random, List.of("$patch", "$retainKeys", "$deleteFromPrimitiveList/" + key, "$setElementOrder/" + key, "$x")), ObjectGenerator.wrong(random, 2));
        }
    }

    private static ObjectNode operation(RandomGenerator random, ObjectNode object) {
        ObjectNode operation = Json.object().put("op", pick(random, List.of("add", "remove", "replace", "move", "copy", "test", "x"))).put("path", pointer(random, object));
        if (random.nextInt(4) != 0) {
            operation.set("value", ObjectGenerator.wrong(random, 0));
        }
        if (random.nextInt(3) == 0) {
            operation.put("from", pointer(random, object));
        }
        return operation;
    }

    private static String pointer(RandomGenerator random, JsonNode object) {
        StringBuilder pointer = new StringBuilder();
        JsonNode at = object;
        while (random.nextInt(5) != 0 && at.isContainerNode()) {
            if (at.isObject()) {
                List<String> keys = new ArrayList<>();
                at.fieldNames().forEachRemaining(keys::add);
                String key = keys.isEmpty() || random.nextInt(8) == 0 ? ObjectGenerator.text(random) : keys.get(random.nextInt(keys.size()));
                pointer.append('/').append(random.nextInt(8) == 0 ? key : key.replace("~", "~0").replace("/", "~1"));
                at = at.path(key);
            } else {
                String index = random.nextInt(3) == 0 ? pick(random, List.of("-", "-1", "99", "00", "x", "2147483648")) : "0";
                pointer.append('/').append(index);
                at = at.path(0);
            }
        }
        return pointer.toString();
    }

    private List<Header> headers(RandomGenerator random, String contentType, boolean http2) {
        List<Header> headers = new ArrayList<>();
        if (contentType != null && random.nextInt(50) != 0) {
            headers.add(new Header("Content-Type", contentType));
        }
        if (random.nextInt(3) == 0) {
            headers.add(new Header("Accept", pick(random, ACCEPT)));
        }
        if (random.nextInt(12) == 0) {
            headers.add(switch (random.nextInt(9)) {
                case 0 -> new Header("Authorization", pick(random, List.of("Bearer x", "Bearer ", "Basic YTpi", "Bearer a.b.c", "Bearer eyJhbGciOiJub25lIn0.e30.", "bearer", "")));
                case 1 -> new Header("Impersonate-User", pick(random, List.of("system:serviceaccount:default:default", "jane", "", "system:admin")));
                case 2 -> new Header("Impersonate-Group", pick(random, List.of("system:masters", "", "x")));
                case 3 -> new Header("Impersonate-Extra-%zz", "x");
                case 4 -> new Header("Accept-Encoding", pick(random, List.of("gzip", "gzip;q=0", "br", "*", ";")));
                case 5 -> new Header("If-None-Match", "\"x\"");
                case 6 -> new Header("User-Agent", "x".repeat(random.nextInt(1, 3000)));
                case 7 -> new Header("X-Long", "y".repeat(random.nextInt(1, 60_000)));
                default -> new Header("X-Stream-Protocol-Version", "v4.channel.k8s.io");
            });
        }
        if (!http2 && random.nextInt(80) == 0) {
            headers.add(switch (random.nextInt(6)) {
                case 0 -> new Header("Content-Length", pick(random, List.of("-1", "x", "5", "99999999999999", "4194304")));
                case 1 -> new Header("Transfer-Encoding", pick(random, List.of("chunked", "gzip", "x")));
                case 2 -> new Header("Upgrade", pick(random, List.of("websocket", "SPDY/3.1", "x")));
                case 3 -> new Header("Expect", pick(random, List.of("100-continue", "x")));
                case 4 -> new Header("Bad Name", "x");
                default -> new Header("Connection", pick(random, List.of("close", "Upgrade", "keep-alive, x")));
            });
        }
        return headers;
    }

    private static String damaged(RandomGenerator random, String path) {
        String[] parts = path.split("/");
        int at = random.nextInt(1, parts.length);
        parts[at] = switch (random.nextInt(5)) {
            case 0 -> encode(ObjectGenerator.text(random));
            case 1 -> parts[at] + "/" + encode(ObjectGenerator.text(random));
            case 2 -> pick(random, List.of("%", "%zz", "%c3%28", "", "..", "watch", "namespaces", "status", "v1", "%2F", "%0a", ";", "a+b"));
            case 3 -> parts[at].toUpperCase(Locale.ROOT);
            default -> parts[at] + "/";
        };
        return String.join("/", parts);
    }

    /** Cut short, with bytes flipped, or with something in the middle. */
    private static byte[] damaged(RandomGenerator random, byte[] body) {
        int at = random.nextInt(body.length);
        return switch (random.nextInt(3)) {
            case 0 -> Arrays.copyOf(body, at);
            case 1 -> {
                byte[] flipped = body.clone();
                flipped[at] ^= (byte) (1 << random.nextInt(8));
                yield flipped;
            }
            default -> {
                byte[] longer = new byte[body.length + 3];
                System.arraycopy(body, 0, longer, 0, at);
                byte[] odd = {(byte) 0xff, 0, (byte) random.nextInt(256)};
                System.arraycopy(odd, 0, longer, at, 3);
                System.arraycopy(body, at, longer, at + 3, body.length - at);
                yield longer;
            }
        };
    }

    private static String odd(RandomGenerator random) {
        return encode(ObjectGenerator.text(random));
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static <T> T pick(RandomGenerator random, List<T> list) {
        return list.get(random.nextInt(list.size()));
    }
}
