package io.skerry.apiserver.discovery;

import java.util.List;
import java.util.Map;

/** OpenAPI documents of group versions that other servers serve. What cannot be had now is left out: no answer waits long for another server. */
public interface RemoteOpenApi {
    RemoteOpenApi NONE = new RemoteOpenApi() {
        @Override
        public Map<String, String> v3() {
            return Map.of();
        }

        @Override
        public Document v3(String groupVersion) {
            return null;
        }

        @Override
        public List<Swagger> v2() {
            return List.of();
        }
    };

    /** An OpenAPI 3.0 document in JSON. @param hash of its content, as the index tells it */
    record Document(String hash, byte[] bytes) {
    }

    /**
     * A Swagger 2.0 document in JSON, about one group version alone.
     *
     * @param tag changes with its content
     */
    record Swagger(String groupVersion, String tag, byte[] bytes) {
    }

    /** Hash of the version 3 document of each group version ("metrics.example.com/v1beta1") whose server has one. */
    Map<String, String> v3();

    /**
     * The version 3 document of a group version; null when no other server has one.
     *
     * @throws io.skerry.apiserver.status.ApiException 503 when its server does not give it
     */
    Document v3(String groupVersion);

    /** The Swagger documents of those that have one, the preferred first. */
    List<Swagger> v2();
}
