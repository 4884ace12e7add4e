package io.skerry.helm.template;

/**
 * A function that templates can call. Parameters are typed as the Go function's are, because Go's checks (an int parameter takes
 * no float64, a string parameter no missing value) decide which charts fail, and with what message.
 */
public record Function(String name, Param[] params, boolean variadic, Body body) {
    /** Gets arguments checked and converted; throws {@link FunctionException} for an error result. */
    @FunctionalInterface
    public interface Body {
        Object call(Object[] args);
    }

    /** The Go types that parameters have; the name is Go's, for messages. */
    public enum Param {
        ANY("interface {}"), STRING("string"), INT("int"), INT64("int64"), FLOAT("float64"), BOOL("bool"), MAP("map[string]interface {}"),
        LIST("[]interface {}"), STRINGS("[]string"), BYTES("[]uint8");

        final String goName;

        Param(String goName) {
            this.goName = goName;
        }
    }

    /**
     * @param signature one letter a parameter: {@code a}ny, {@code s}tring, {@code i}nt, {@code I}nt64, {@code f}loat64, {@code b}ool, {@code m}ap,
     *        {@code l}ist, {@code S}tring list, {@code y} bytes; a final {@code *} makes the last one variadic
     */
    public static Function of(String name, String signature, Body body) {
        boolean variadic = signature.endsWith("*");
        int n = variadic ? signature.length() - 1 : signature.length();
        Param[] params = new Param[n];
        for (int i = 0; i < n; i++) {
            params[i] = switch (signature.charAt(i)) {
                case 'a' -> Param.ANY;
                case 's' -> Param.STRING;
                case 'i' -> Param.INT;
                case 'I' -> Param.INT64;
                case 'f' -> Param.FLOAT;
                case 'b' -> Param.BOOL;
                case 'm' -> Param.MAP;
                case 'l' -> Param.LIST;
                case 'S' -> Param.STRINGS;
                case 'y' -> Param.BYTES;
                default -> throw new IllegalArgumentException("signature of " + name + ": " + signature);
            };
        }
        return new Function(name, params, variadic, body);
    }

    Param param(int i) {
        return params[Math.min(i, params.length - 1)];
    }
}
