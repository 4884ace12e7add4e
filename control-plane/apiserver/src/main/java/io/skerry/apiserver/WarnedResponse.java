package io.skerry.apiserver;

import io.skerry.apiserver.response.Responder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Passes an answer on with warnings to its reader, whatever the answer is (header Warning, RFC 7234, section 5.5). */
final class WarnedResponse extends PassedResponse {
    private final List<String> warnings;

    WarnedResponse(ApiResponse response, List<String> warnings) {
        super(response);
        this.warnings = warnings;
    }

    @Override
    public void start(int status, Map<String, String> headers) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        warnings.forEach(text -> more.merge("Warning", Responder.warning(text), (present, added) -> added + ", " + present));
        super.start(status, more);
    }
}
