package io.skerry.gitops.apply;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;

/** The API server said no, with a {@code Status}, or gave no answer: then the code is 0. */
final class ApiException extends Exception {

    private final int code;
    private final transient JsonNode status;

    ApiException(int code, JsonNode status, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
        this.status = status;
    }

    int code() {
        return code;
    }

    /** The reason, such as Invalid or Conflict; "" when the answer has none. */
    String reason() {
        return Json.text(status, "reason");
    }

    /** Fields that are wrong: {@code details.causes}. */
    JsonNode causes() {
        return Json.at(status, "details", "causes");
    }

    /** Whether trying again later may go better without a change of the object. */
    boolean passing() {
        return code == 0 || code == 401 || code == 403 || code == 409 || code == 429 || code >= 500;
    }
}
