package io.skerry.helm.functions;

import io.skerry.helm.template.Function;
import java.util.HashMap;
import java.util.Map;

/**
 * The functions of Masterminds/sprig 3 as Helm has them: all but {@code env} and {@code expandenv}, and with
 * {@code getHostByName} answering "", because a chart must render the same everywhere.
 */
public final class Sprig {
    private static final Map<String, Function> FUNCTIONS = make();

    private Sprig() {}

    private static Map<String, Function> make() {
        Family f = new Family(new HashMap<>(400));
        StringFunctions.addTo(f);
        CaseFunctions.addTo(f);
        ListFunctions.addTo(f);
        DictFunctions.addTo(f);
        MathFunctions.addTo(f);
        DefaultFunctions.addTo(f);
        DateFunctions.addTo(f);
        EncodingFunctions.addTo(f);
        RegexFunctions.addTo(f);
        SemverFunctions.addTo(f);
        CryptoFunctions.addTo(f);
        CertificateFunctions.addTo(f);
        PathFunctions.addTo(f);
        return f.functions();
    }

    public static Map<String, Function> functions() {
        return FUNCTIONS;
    }
}
