package io.skerry.helm.release;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.Map;

/**
 * One revision of a release, as Helm records it (helm.sh/helm/v3/pkg/release).
 * @param status Helm's words: deployed, superseded, failed, pending-install, pending-upgrade, pending-rollback, uninstalling, uninstalled, unknown
 * @param document the whole record as Helm's JSON
 */
public record Release(String name, String namespace, int version, String status, String description, Instant firstDeployed, Instant lastDeployed,
                      String chartName, String chartVersion, String appVersion, Map<String, Object> values, String manifest, String notes, ObjectNode document) {}
