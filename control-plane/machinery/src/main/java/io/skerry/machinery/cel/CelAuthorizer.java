package io.skerry.machinery.cel;

/** Who asks, and what they may: the variable {@code authorizer} of expressions in admission. */
public interface CelAuthorizer {

    /** An answer; {@code reason} may be "". */
    record Decision(boolean allowed, String reason) {
    }

    /** The same questions for a service account. */
    CelAuthorizer serviceAccount(String namespace, String name);

    Decision path(String verb, String path);

    /** @param fieldSelector with which a list or watch would be asked, as text; "" for none */
    Decision resource(String verb, String group, String resource, String subresource, String namespace, String name, String fieldSelector);
}
