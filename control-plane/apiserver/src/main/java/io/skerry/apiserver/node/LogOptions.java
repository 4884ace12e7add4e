package io.skerry.apiserver.node;

import java.time.Instant;

/**
 * core/v1 PodLogOptions, without the container.
 *
 * @param sinceTime  only lines written at or after it, or null (sinceSeconds is already turned into this)
 * @param timestamps every line starts with its RFC 3339 time
 * @param tailLines  at most so many last lines, or null
 * @param limitBytes at most so many bytes, or null
 */
public record LogOptions(boolean follow, boolean previous, Instant sinceTime, boolean timestamps, Long tailLines, Long limitBytes) {
}
