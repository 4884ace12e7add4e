package io.skerry.apiserver.signing;

import io.skerry.apiserver.pki.SigningRequest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/** Kubernetes' own signers, and what each takes (k8s.io/kubernetes, pkg/apis/certificates, helpers.go). */
enum Signer {
    CLIENT("kubernetes.io/kube-apiserver-client", false) {
        @Override
        String problem(SigningRequest request, Set<String> usages) {
            return usages.contains("client auth") && Set.of("digital signature", "key encipherment", "client auth").containsAll(usages) ? ""
                    : "usages must be \"client auth\", and may be \"digital signature\" and \"key encipherment\"";
        }
    },
    KUBELET_CLIENT("kubernetes.io/kube-apiserver-client-kubelet", false) {
        @Override
        String problem(SigningRequest request, Set<String> usages) {
            String node = node(request);
            return !node.isEmpty() ? node : !request.alternativeNameKinds().isEmpty() ? "subjectAltNames are not allowed"
                    : kubeletUsages(usages, "client auth");
        }
    },
    KUBELET_SERVING("kubernetes.io/kubelet-serving", true) {
        @Override
        String problem(SigningRequest request, Set<String> usages) {
            String node = node(request);
            List<Integer> kinds = request.alternativeNameKinds();
            List<Integer> others = new ArrayList<>(kinds);
            others.removeAll(List.of(2, 7));
            return !node.isEmpty() ? node : kinds.isEmpty() ? "at least one DNS or IP subjectAltName is required"
                    : !others.isEmpty() ? "only DNS and IP subjectAltNames are allowed" : kubeletUsages(usages, "server auth");
        }
    },
    LEGACY("kubernetes.io/legacy-unknown", true) {
        @Override
        String problem(SigningRequest request, Set<String> usages) {
            return "";
        }
    };

    private final String signerName;
    private final boolean ofServers;

    Signer(String signerName, boolean ofServers) {
        this.signerName = signerName;
        this.ofServers = ofServers;
    }

    /** Null for a signer that others serve. */
    static Signer named(String name) {
        for (Signer signer : values()) {
            if (signer.signerName.equals(name)) {
                return signer;
            }
        }
        return null;
    }

    /** Whether it signs with the authority of servers' certificates. */
    boolean ofServers() {
        return ofServers;
    }

    /** Why it does not sign this, or "". */
    abstract String problem(SigningRequest request, Set<String> usages);

    private static String node(SigningRequest request) {
        if (!request.organizations().equals(List.of("system:nodes"))) {
            return "organization must be exactly \"system:nodes\"";
        }
        return request.commonName().startsWith("system:node:") ? "" : "common name must start with \"system:node:\"";
    }

    private static String kubeletUsages(Collection<String> usages, String purpose) {
        Set<String> asked = Set.copyOf(usages);
        return asked.equals(Set.of("digital signature", purpose)) || asked.equals(Set.of("digital signature", "key encipherment", purpose)) ? ""
                : "usages must be \"digital signature\" and \"" + purpose + "\", and may be \"key encipherment\"";
    }
}
