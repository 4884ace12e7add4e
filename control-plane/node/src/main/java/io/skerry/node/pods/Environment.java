package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarSource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.skerry.node.NodeConfig;
import io.skerry.node.volumes.References;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A container's environment: services, then envFrom, then env, each replacing what came before; {@code $(NAME)} sees what is above it. */
final class Environment {
    private final NodeConfig node;
    private final References references;

    Environment(NodeConfig node, References references) {
        this.node = node;
        this.references = references;
    }

    /**
     * @param services those of the pod's namespace plus default/kubernetes
     * @throws ConfigException when something referred to is missing and not optional
     */
    Map<String, String> of(Pod pod, Container container, List<Service> services, List<String> podIps) throws ConfigException {
        var env = new LinkedHashMap<String, String>();
        boolean links = pod.getSpec().getEnableServiceLinks() == null || pod.getSpec().getEnableServiceLinks();
        for (Service service : services) {
            boolean master = service.getMetadata().getName().equals("kubernetes") && service.getMetadata().getNamespace().equals("default");
            if (master || links && service.getMetadata().getNamespace().equals(pod.getMetadata().getNamespace())) addService(env, service);
        }
        for (EnvFromSource from : container.getEnvFrom()) addAll(env, pod, from);
        for (EnvVar variable : container.getEnv()) {
            if (variable.getValueFrom() == null) {
                env.put(variable.getName(), Expansion.expand(variable.getValue() == null ? "" : variable.getValue(), env));
            } else {
                String value = value(pod, container, variable.getValueFrom(), podIps);
                if (value != null) env.put(variable.getName(), value);
            }
        }
        return env;
    }

    private void addAll(Map<String, String> env, Pod pod, EnvFromSource from) throws ConfigException {
        String namespace = pod.getMetadata().getNamespace(), prefix = from.getPrefix() == null ? "" : from.getPrefix();
        if (from.getConfigMapRef() != null) {
            ConfigMap map = references.configMap(namespace, from.getConfigMapRef().getName());
            if (map == null && !Boolean.TRUE.equals(from.getConfigMapRef().getOptional())) throw new ConfigException("configmap \"" + from.getConfigMapRef().getName() + "\" not found");
            if (map != null && map.getData() != null) map.getData().forEach((k, v) -> env.put(prefix + k, v));
        }
        if (from.getSecretRef() != null) {
            Secret secret = references.secret(namespace, from.getSecretRef().getName());
            if (secret == null && !Boolean.TRUE.equals(from.getSecretRef().getOptional())) throw new ConfigException("secret \"" + from.getSecretRef().getName() + "\" not found");
            if (secret != null && secret.getData() != null) secret.getData().forEach((k, v) -> env.put(prefix + k, decode(v)));
        }
    }

    /** Null: optional and absent. */
    private String value(Pod pod, Container container, EnvVarSource from, List<String> podIps) throws ConfigException {
        String namespace = pod.getMetadata().getNamespace();
        try {
            if (from.getFieldRef() != null) return FieldRef.value(pod, from.getFieldRef().getFieldPath(), node, podIps);
            if (from.getResourceFieldRef() != null) return FieldRef.value(pod, container, from.getResourceFieldRef());
        } catch (IllegalArgumentException e) {
            throw new ConfigException(e.getMessage());
        }
        if (from.getConfigMapKeyRef() != null) {
            var ref = from.getConfigMapKeyRef();
            ConfigMap map = references.configMap(namespace, ref.getName());
            if (map != null && map.getData() != null && map.getData().containsKey(ref.getKey())) return map.getData().get(ref.getKey());
            if (Boolean.TRUE.equals(ref.getOptional())) return null;
            throw new ConfigException(map == null ? "configmap \"" + ref.getName() + "\" not found" : "couldn't find key " + ref.getKey() + " in ConfigMap " + namespace + "/" + ref.getName());
        }
        if (from.getSecretKeyRef() != null) {
            var ref = from.getSecretKeyRef();
            Secret secret = references.secret(namespace, ref.getName());
            if (secret != null && secret.getData() != null && secret.getData().containsKey(ref.getKey())) return decode(secret.getData().get(ref.getKey()));
            if (Boolean.TRUE.equals(ref.getOptional())) return null;
            throw new ConfigException(secret == null ? "secret \"" + ref.getName() + "\" not found" : "couldn't find key " + ref.getKey() + " in Secret " + namespace + "/" + ref.getName());
        }
        return null;
    }

    /** Docker's link variables and Kubernetes' two. */
    private static void addService(Map<String, String> env, Service service) {
        String ip = service.getSpec().getClusterIP();
        List<ServicePort> ports = service.getSpec().getPorts();
        if (ip == null || ip.isEmpty() || ip.equals("None") || ports == null || ports.isEmpty()) return;
        String name = service.getMetadata().getName().toUpperCase(Locale.ROOT).replace('-', '_'), host = ip.indexOf(':') < 0 ? ip : "[" + ip + "]";
        env.put(name + "_SERVICE_HOST", ip);
        env.put(name + "_SERVICE_PORT", ports.getFirst().getPort().toString());
        for (ServicePort port : ports) {
            if (port.getName() != null && !port.getName().isEmpty()) env.put(name + "_SERVICE_PORT_" + port.getName().toUpperCase(Locale.ROOT).replace('-', '_'), port.getPort().toString());
        }
        for (int i = 0; i < ports.size(); i++) {
            ServicePort port = ports.get(i);
            String protocol = port.getProtocol() == null ? "TCP" : port.getProtocol(), lower = protocol.toLowerCase(Locale.ROOT);
            String prefix = name + "_PORT_" + port.getPort() + "_" + protocol;
            if (i == 0) env.put(name + "_PORT", lower + "://" + host + ":" + port.getPort());
            env.put(prefix, lower + "://" + host + ":" + port.getPort());
            env.put(prefix + "_PROTO", lower);
            env.put(prefix + "_PORT", port.getPort().toString());
            env.put(prefix + "_ADDR", ip);
        }
    }

    private static String decode(String base64) { return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8); }
}
