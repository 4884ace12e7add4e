package io.skerry.helm.functions;

import io.skerry.helm.template.Function;
import java.util.function.UnaryOperator;

/**
 * The functions of Masterminds/sprig 3 as Helm has them: all but {@code env} and {@code expandenv}, and with
 * {@code getHostByName} answering "", because a chart must render the same everywhere. A function is made when a template asks for
 * it: charts use few of them, and making all takes a JVM longer than rendering.
 */
public final class Sprig {
    private Sprig() {}

    /** @return null when there is no such function */
    public static Function find(String name) {
        Function f = StringFunctions.find(name);
        f = f != null ? f : DefaultFunctions.find(name);
        f = f != null ? f : DictFunctions.find(name);
        f = f != null ? f : ListFunctions.find(name);
        f = f != null ? f : MathFunctions.find(name);
        f = f != null ? f : EncodingFunctions.find(name);
        f = f != null ? f : CaseFunctions.find(name);
        f = f != null ? f : RegexFunctions.find(name);
        f = f != null ? f : SemverFunctions.find(name);
        f = f != null ? f : DateFunctions.find(name);
        f = f != null ? f : CryptoFunctions.find(name);
        f = f != null ? f : PathFunctions.find(name);
        // Asking this family loads BouncyCastle, whose signed jar takes a while to check.
        return f != null || !name.startsWith("gen") && !name.equals("buildCustomCert") ? f : CertificateFunctions.find(name);
    }
}
