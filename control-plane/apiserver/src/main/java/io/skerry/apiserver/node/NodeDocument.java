package io.skerry.apiserver.node;

/**
 * What one of a node's HTTP endpoints answers.
 *
 * @param contentType of the body, as in the header
 */
public record NodeDocument(String contentType, byte[] body) {
}
