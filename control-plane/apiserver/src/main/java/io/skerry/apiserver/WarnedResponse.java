package io.skerry.apiserver;

import io.skerry.apiserver.response.Responder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Passes an answer on with warnings to its reader, whatever the answer is (header Warning, RFC 7234, section 5.5). */
final class WarnedResponse extends PassedResponse {
    private final List<String> warnings;

    /** @param warnings those that are there once the answer starts count */
    WarnedResponse(ApiResponse response, List<String> warnings) {
        super(response);
        this.warnings = warnings;
    }

    @Override
    public void start(int status, Map<String, String> headers) {
        if (warnings.isEmpty()) {
            super.start(status, headers);
            return;
        }
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.merge("Warning", warnings.stream().map(Responder::warning).collect(Collectors.joining(", ")), (present, added) -> added + ", " + present);
        super.start(status, more);
    }
}
