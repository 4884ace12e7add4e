package io.skerry.apiserver.verbs;

import io.skerry.apiserver.authz.Authorizer;
import io.skerry.apiserver.registry.Pipeline;
import io.skerry.apiserver.registry.Store;

/** The verbs that others build on. */
public record Verbs(Store store, Pipeline pipeline, ReadVerbs read, CreateVerb create, UpdateVerb update, PatchVerb patch, DeleteVerb delete) {

    public static Verbs of(Store store, Pipeline pipeline, Authorizer authorizer) {
        CreateVerb create = new CreateVerb(store, pipeline, authorizer);
        UpdateVerb update = new UpdateVerb(store, pipeline, create);
        return new Verbs(store, pipeline, new ReadVerbs(store), create, update, new PatchVerb(pipeline, create, update), new DeleteVerb(store, pipeline));
    }
}
