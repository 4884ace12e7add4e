package io.skerry.apiserver.fuzz;

import java.nio.charset.StandardCharsets;

/**
 * What came back.
 *
 * @param code HTTP status; 0 when the client or the server broke off before one came
 * @param whole the body was read to its end
 */
record Answer(int code, String contentType, byte[] body, boolean whole) {
    static final Answer NONE = new Answer(0, "", new byte[0], false);

    boolean json() {
        return contentType.startsWith("application/json");
    }

    @Override
    public String toString() {
        return code + " " + contentType + " " + new String(body, 0, Math.min(body.length, 1000), StandardCharsets.UTF_8);
    }
}
