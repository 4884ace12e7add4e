package io.skerry.apiserver.reviews;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.auth.Authenticator;
import io.skerry.apiserver.auth.ServiceAccountTokens;
import io.skerry.apiserver.registry.Bodies;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Pipeline;
import io.skerry.apiserver.status.ApiException;
import io.skerry.apiserver.verbs.Result;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;

/** authentication.k8s.io/v1: who someone is. */
public final class AuthenticationReviews {
    private final Authenticator authenticator;
    private final Pipeline pipeline;

    public AuthenticationReviews(Authenticator authenticator, Pipeline pipeline) {
        this.authenticator = authenticator;
        this.pipeline = pipeline;
    }

    /** TokenReview: whose token this is, for servers that get tokens of this cluster. */
    public Result token(Call call) {
        ObjectNode review = Bodies.object(call);
        pipeline.admitUnstored(call, review);
        String token = Json.text(review, "spec", "token");
        if (token.isEmpty()) {
            throw ApiException.badRequest("token is required for TokenReview in authentication");
        }
        List<String> audiences = new ArrayList<>();
        Json.at(review, "spec", "audiences").forEach(a -> audiences.add(a.asText()));
        ObjectNode status = Json.object();
        try {
            var verified = authenticator.verify(token, audiences);
            call.warnings().addAll(verified.user().remarks().warnings());
            call.audit().putAll(verified.user().remarks().audit());
            status.put("authenticated", true);
            status.set("user", verified.user().info());
            ArrayNode matched = status.putArray("audiences");
            verified.audiences().forEach(matched::add);
        } catch (ServiceAccountTokens.InvalidTokenException e) {
            status.putObject("user");
            status.put("error", "[invalid bearer token, " + e.getMessage() + "]");
        }
        return AccessReviews.answer(call, review, status);
    }

    /** SelfSubjectReview: {@code kubectl auth whoami}. */
    public Result self(Call call) {
        pipeline.admitUnstored(call, Bodies.object(call));
        ObjectNode status = Json.object();
        status.set("userInfo", call.user().info());
        return AccessReviews.answer(call, Json.object(), status);
    }
}
