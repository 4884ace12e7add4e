package io.skerry.network.dns;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.network.NetworkConfig;
import java.lang.System.Logger.Level;

/**
 * The Service that cluster DNS has in every distribution: it keeps the address from being given to another service, and
 * clients that look for DNS look for it.
 */
final class DnsService {

    static final String NAMESPACE = "kube-system";
    static final String NAME = "kube-dns";
    private static final System.Logger LOG = System.getLogger(DnsService.class.getName());

    private DnsService() {}

    /** Creates it if it is not there. DNS works without it, so a failure is only told. */
    static void ensure(KubernetesClient client, NetworkConfig config) {
        try {
            Service present = client.services().inNamespace(NAMESPACE).withName(NAME).get();
            if (present == null) {
                client.resource(service(config)).create();
            } else if (!config.dnsIp().equals(present.getSpec().getClusterIP())) {
                LOG.log(Level.WARNING, "Service {0}/{1} has address {2}, but cluster DNS answers on {3}; delete the Service to have it made anew",
                    NAMESPACE, NAME, present.getSpec().getClusterIP(), config.dnsIp());
            }
        } catch (KubernetesClientException e) {
            LOG.log(Level.WARNING, "Service {0}/{1} could not be made: {2}", NAMESPACE, NAME,
                e.getStatus() != null ? e.getStatus().getMessage() : e.getMessage());
        }
    }

    private static Service service(NetworkConfig config) {
        return new ServiceBuilder().withNewMetadata().withNamespace(NAMESPACE).withName(NAME)
            .addToLabels("k8s-app", "kube-dns").addToLabels("kubernetes.io/cluster-service", "true").addToLabels("kubernetes.io/name", "CoreDNS").endMetadata()
            .withNewSpec().withClusterIP(config.dnsIp())
            .addNewPort().withName("dns").withProtocol("UDP").withPort(53).endPort()
            .addNewPort().withName("dns-tcp").withProtocol("TCP").withPort(53).endPort().endSpec().build();
    }
}
