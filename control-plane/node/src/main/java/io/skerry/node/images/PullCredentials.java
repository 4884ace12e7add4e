package io.skerry.node.images;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.skerry.machinery.json.Json;
import io.skerry.node.cri.v1.AuthConfig;
import io.skerry.node.volumes.References;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;

/** Finds the logins for an image in a pod's imagePullSecrets (kubernetes.io/dockerconfigjson and dockercfg). */
final class PullCredentials {
    private record Login(String address, AuthConfig auth) { }

    private PullCredentials() {
    }

    /** Those whose address is a prefix of the image's name, longest first; empty: pull without a login. */
    static List<AuthConfig> of(Pod pod, String image, References references) {
        String name = normalized(image);
        var logins = new ArrayList<Login>();
        List<LocalObjectReference> secrets = pod.getSpec().getImagePullSecrets() == null ? List.of() : pod.getSpec().getImagePullSecrets();
        for (LocalObjectReference ref : secrets) {
            Secret secret = references.secret(pod.getMetadata().getNamespace(), ref.getName());
            if (secret == null || secret.getData() == null) continue;
            String json = secret.getData().get(".dockerconfigjson"), old = secret.getData().get(".dockercfg");
            JsonNode auths = json != null ? Json.parse(Base64.getDecoder().decode(json)).path("auths") : old != null ? Json.parse(Base64.getDecoder().decode(old)) : Json.object();
            for (var entry : auths.properties()) {
                String address = entry.getKey().replaceFirst("^https?://", "").replaceFirst("/(v1|v2)?/?$", "").replaceFirst("^index\\.docker\\.io", "docker.io");
                if (name.equals(address) || name.startsWith(address + "/")) logins.add(new Login(address, auth(entry.getValue())));
            }
        }
        return logins.stream().sorted(Comparator.comparingInt((Login l) -> l.address.length()).reversed()).map(Login::auth).toList();
    }

    /** Without a server address: containerd compares it with the host it talks to, and a login for part of a registry has a path. */
    private static AuthConfig auth(JsonNode entry) {
        String user = entry.path("username").asText(""), password = entry.path("password").asText(""), both = entry.path("auth").asText("");
        if (user.isEmpty() && !both.isEmpty()) {
            String text = new String(Base64.getDecoder().decode(both), StandardCharsets.UTF_8);
            int colon = text.indexOf(':');
            user = colon < 0 ? text : text.substring(0, colon);
            password = colon < 0 ? "" : text.substring(colon + 1);
        }
        return AuthConfig.newBuilder().setUsername(user).setPassword(password).setIdentityToken(entry.path("identitytoken").asText("")).build();
    }

    /** With the registry that an image without one comes from. */
    private static String normalized(String image) {
        int slash = image.indexOf('/');
        String first = slash < 0 ? "" : image.substring(0, slash);
        boolean registry = first.contains(".") || first.contains(":") || first.equals("localhost");
        return registry ? image : "docker.io/" + (slash < 0 ? "library/" + image : image);
    }
}
