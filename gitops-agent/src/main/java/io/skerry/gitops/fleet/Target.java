package io.skerry.gitops.fleet;

import io.skerry.gitops.kustomize.Rendered;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a Target of the fleet repository gives this device.
 *
 * @param path      the folder it builds, relative to the repository's root
 * @param prune     whether objects that leave it are deleted
 * @param waits     whether its objects have to become healthy
 * @param timeout   how long they may take; empty: the agent's default
 * @param dependsOn names of Targets that are applied, and healthy if they wait, before it
 * @param objects   in the order in which they are applied
 */
public record Target(String name, String path, boolean prune, boolean waits, Optional<Duration> timeout, List<String> dependsOn, List<Rendered> objects) {}
