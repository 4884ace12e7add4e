package io.skerry.apiserver.subresources;

import io.skerry.apiserver.ApiResponse;
import io.skerry.apiserver.registry.Call;

/** Answers the requests for one subresource with what is no object, as it comes. The verb is one that discovery lists for it, or none for OPTIONS. */
public interface StreamedSubresource {
    void stream(Call call, ApiResponse response);
}
