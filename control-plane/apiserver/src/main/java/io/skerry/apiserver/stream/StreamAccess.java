package io.skerry.apiserver.stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.request.RequestInfo;

/** What a stream asks the API before it opens. */
@FunctionalInterface
public interface StreamAccess {

    /**
     * The pod that a request for one of its streams is about, once its user was found to be allowed that.
     *
     * @throws io.skerry.apiserver.status.ApiException when the user may not, or there is no such pod
     */
    ObjectNode pod(ApiRequest request, RequestInfo info);
}
