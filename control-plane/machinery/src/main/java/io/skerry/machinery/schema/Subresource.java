package io.skerry.machinery.schema;

import java.util.Set;

/**
 * A subresource as discovery lists it.
 *
 * @param name name without the resource, such as "status", "scale" or "eviction"
 * @param group group of the kind it takes and gives, as stated by discovery (may differ from the resource's: scale is autoscaling/v1)
 * @param version version of that kind
 * @param kind the kind, such as "Scale" or "PodExecOptions"
 * @param verbs verbs that are served
 */
public record Subresource(String name, String group, String version, String kind, Set<String> verbs) {}
