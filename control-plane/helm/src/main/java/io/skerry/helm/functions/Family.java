package io.skerry.helm.functions;

import io.skerry.helm.template.Function;
import java.util.Map;

/** Where a family of functions puts its members. */
record Family(Map<String, Function> functions) {
    /** @param signature see {@link Function#of} */
    void add(String name, String signature, Function.Body body) {
        functions.put(name, Function.of(name, signature, body));
    }
}
