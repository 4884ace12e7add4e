package io.skerry.apiserver.subresources;

import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.verbs.Result;

/** Answers the requests for one subresource. The verb is one that discovery lists for it. */
public interface Subresource {
    Result serve(Call call);
}
