package io.skerry.scripts.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import io.skerry.scripts.DemoStack;
import io.skerry.scripts.Run;
import java.util.stream.Stream;

/** What tests with a running appliance work on: a namespace of their own, and workloads of the demo's images, for there is no registry to pull from. */
public final class Scene implements AutoCloseable {
    public static final String IMAGE = "docker.io/skerry/demo-web:1";

    final DemoStack stack;
    final String namespace;

    public Scene(DemoStack stack, String namespace) throws Exception {
        this.stack = stack;
        this.namespace = namespace;
        stack.kubectl.out("create", "namespace", namespace);
    }

    public void apply(String manifest) throws Exception {
        stack.kubectl.runWithInput(manifest, "apply", "-n", namespace, "-f", "-").orFail();
    }

    /** What kubectl says when it is to create this: warnings and refusals, too. */
    public Run create(String manifest, String... flags) throws Exception {
        return stack.kubectl.runWithInput(manifest, Stream.concat(Stream.of("create", "-n", namespace, "-f", "-"), Stream.of(flags)).toArray(String[]::new));
    }

    /** kubectl in the namespace. */
    public Run run(String... args) throws Exception {
        return stack.kubectl.run(Stream.concat(Stream.of("-n", namespace), Stream.of(args)).toArray(String[]::new));
    }

    public String out(String... args) throws Exception {
        return run(args).orFail().out();
    }

    /** @param what such as "pod/box" */
    public JsonNode get(String what) throws Exception {
        return Json.parse(out("get", what, "-o", "json"));
    }

    /** Makes a pod that talks in its log, serves "forwarded" on port 8080 and waits; returns when it is ready. */
    public void pod(String name) throws Exception {
        apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: %1$s, labels: {app: %1$s}}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                  - name: main
                    image: %2$s
                    command: [sh, -c, "echo hello from %1$s; mkdir -p /tmp/www && echo forwarded > /tmp/www/index.html && exec httpd -f -p 8080 -h /tmp/www"]
                    readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
                """.formatted(name, IMAGE));
        stack.kubectl.out("wait", "pod/" + name, "-n", namespace, "--for=condition=Ready", "--timeout=90s");
    }

    /** A Deployment's manifest, of pods as {@link #pod}'s. */
    static String deployment(String name, int replicas) {
        return """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: %1$s}
                spec:
                  replicas: %2$d
                  selector: {matchLabels: {app: %1$s}}
                  template:
                    metadata: {labels: {app: %1$s}}
                    spec:
                      terminationGracePeriodSeconds: 1
                      containers:
                      - {name: main, image: "%3$s", command: [sh, -c, "exec sleep 100000"]}
                """.formatted(name, replicas, IMAGE);
    }

    /** The definition of {@code widgets.GROUP}, with a status and a scale. */
    static String widgets(String group) {
        return """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: widgets.%1$s}
                spec:
                  group: %1$s
                  scope: Namespaced
                  names: {plural: widgets, singular: widget, kind: Widget}
                  versions:
                  - name: v1
                    served: true
                    storage: true
                    subresources: {status: {}, scale: {specReplicasPath: .spec.size, statusReplicasPath: .status.ready}}
                    schema:
                      openAPIV3Schema:
                        type: object
                        properties:
                          spec: {type: object, properties: {size: {type: integer, minimum: 0, default: 1}, colour: {type: string}}}
                          status: {type: object, properties: {ready: {type: integer}, note: {type: string}}}
                """.formatted(group);
    }

    @Override
    public void close() throws Exception {
        stack.kubectl.out("delete", "namespace", namespace, "--wait=false");
    }
}
