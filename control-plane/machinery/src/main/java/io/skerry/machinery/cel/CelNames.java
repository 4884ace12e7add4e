package io.skerry.machinery.cel;

import java.util.Set;
import java.util.regex.Pattern;

/** Names of fields that are no identifiers of CEL, as expressions write them (k8s.io/apiserver/pkg/cel, escaping.go): {@code a-b} is a__dash__b. */
public final class CelNames {
    private static final Set<String> RESERVED = Set.of("true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
            "let", "loop", "package", "namespace", "return", "var", "void", "while");
    private static final Pattern ESCAPABLE = Pattern.compile("[A-Za-z_./-][A-Za-z0-9_./-]*");

    private CelNames() {
    }

    /** @return null for a name that cannot be written in an expression */
    public static String escape(String name) {
        if (RESERVED.contains(name)) {
            return "__" + name + "__";
        }
        if (!ESCAPABLE.matcher(name).matches()) {
            return null;
        }
        return name.replace("__", "__underscores__").replace(".", "__dot__").replace("-", "__dash__").replace("/", "__slash__");
    }
}
