package io.skerry.helm.render;

import java.util.List;

/**
 * An object that runs at a moment of the release's life instead of being part of it.
 * @param events the {@code helm.sh/hook} annotation's, as "pre-install"
 * @param weight lower runs first
 * @param deletePolicies "before-hook-creation" when none is given
 */
public record Hook(Manifest manifest, List<String> events, int weight, List<String> deletePolicies) {}
