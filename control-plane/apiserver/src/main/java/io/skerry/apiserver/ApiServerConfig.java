package io.skerry.apiserver;

import io.skerry.apiserver.auth.SigningKeys;
import io.skerry.machinery.KubernetesVersion;
import java.security.KeyPair;

/**
 * What an API server needs to know of its surroundings.
 *
 * @param serviceCidr      range of ClusterIPs, e.g. 10.43.0.0/16; its first address is that of service default/kubernetes
 * @param dnsAddress       ClusterIP never given out automatically, for the cluster DNS service, e.g. 10.43.0.10
 * @param nodePortFirst    first port of the NodePort range, inclusive
 * @param nodePortLast     last port of the NodePort range, inclusive
 * @param advertiseAddress address under which pods reach this server: the endpoint of service default/kubernetes; null: none is published
 * @param securePort       port belonging to advertiseAddress
 * @param issuer           issuer of ServiceAccount tokens, also their default audience, e.g. https://kubernetes.default.svc.cluster.local
 * @param serviceAccountKey key pair (EC P-256 or RSA) that signs ServiceAccount tokens
 * @param gitVersion       version told by /version, e.g. v1.33.4+skerry0.1.0
 */
public record ApiServerConfig(String serviceCidr, String dnsAddress, int nodePortFirst, int nodePortLast, String advertiseAddress, int securePort,
        String issuer, KeyPair serviceAccountKey, String gitVersion) {

    public static final String DEFAULT_ISSUER = "https://kubernetes.default.svc.cluster.local";
    /** The one version that server, node and command line tell: Kubernetes' whose API this is, then this product's. */
    public static final String GIT_VERSION = KubernetesVersion.API + "+skerry0.1.0";

    /** k3s's defaults, with a signing key that lives as long as the process: enough for tests and for servers without ServiceAccount clients. */
    public static ApiServerConfig defaults() {
        return new ApiServerConfig("10.43.0.0/16", "10.43.0.10", 30000, 32767, null, 6443, DEFAULT_ISSUER,
                SigningKeys.generate(), GIT_VERSION);
    }

    public ApiServerConfig withAdvertise(String address, int port) {
        return new ApiServerConfig(serviceCidr, dnsAddress, nodePortFirst, nodePortLast, address, port, issuer, serviceAccountKey, gitVersion);
    }

    public ApiServerConfig withServiceAccountKey(KeyPair key) {
        return new ApiServerConfig(serviceCidr, dnsAddress, nodePortFirst, nodePortLast, advertiseAddress, securePort, issuer, key, gitVersion);
    }

    public ApiServerConfig withServiceCidr(String cidr, String dns) {
        return new ApiServerConfig(cidr, dns, nodePortFirst, nodePortLast, advertiseAddress, securePort, issuer, serviceAccountKey, gitVersion);
    }
}
