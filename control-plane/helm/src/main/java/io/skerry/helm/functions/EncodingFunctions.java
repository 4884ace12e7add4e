package io.skerry.helm.functions;

import io.skerry.helm.template.Function;
import io.skerry.helm.encoding.GoJson;
import io.skerry.helm.template.FunctionException;
import io.skerry.helm.template.GoValue;
import java.util.Base64;

/** Base 64, base 32, and Sprig's own JSON functions (Helm's replace the others). */
final class EncodingFunctions {
    private static final String BASE_32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    private EncodingFunctions() {}

    /** @return null when this family has no such function */
    static Function find(String name) {
        return switch (name) {
            case "b64enc" -> Function.of(name, "s", a -> Base64.getEncoder().encodeToString(GoValue.utf8((String) a[0])));
            case "b64dec" -> Function.of(name, "s", a -> decode64((String) a[0]));
            case "b32enc" -> Function.of(name, "s", a -> encode32(GoValue.utf8((String) a[0])));
            case "b32dec" -> Function.of(name, "s", a -> decode32((String) a[0]));
            case "toPrettyJson" -> Function.of(name, "a", a -> json(() -> GoJson.pretty(a[0]), true));
            case "mustToPrettyJson" -> Function.of(name, "a", a -> json(() -> GoJson.pretty(a[0]), false));
            case "toRawJson" -> Function.of(name, "a", a -> json(() -> GoJson.raw(a[0]), false));
            case "mustToRawJson" -> Function.of(name, "a", a -> json(() -> GoJson.raw(a[0]), false));
            default -> null;
        };
    }

    private static String json(java.util.function.Supplier<String> text, boolean lenient) {
        try {
            return text.get();
        } catch (IllegalArgumentException e) {
            if (lenient) {
                return "";
            }
            throw new FunctionException(e.getMessage());
        }
    }

    /** The error's text is the result, as in Sprig. */
    private static String decode64(String s) {
        String in = s.replace("\n", "").replace("\r", "");
        int bad = -1;
        int padding = in.indexOf('=');
        for (int i = 0; i < in.length() && bad < 0; i++) {
            char c = in.charAt(i);
            boolean fits = c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/';
            if (!fits && (c != '=' || i % 4 < 2) || padding >= 0 && i > padding && c != '=') {
                bad = i;
            }
        }
        if (bad < 0 && in.length() % 4 != 0) {
            bad = in.length() - in.length() % 4;
        }
        if (bad >= 0) {
            return "illegal base64 data at input byte " + bad;
        }
        return GoValue.utf8(Base64.getDecoder().decode(in));
    }

    private static String encode32(byte[] in) {
        StringBuilder out = new StringBuilder();
        long bits = 0;
        int n = 0;
        for (byte b : in) {
            bits = bits << 8 | b & 0xff;
            n += 8;
            while (n >= 5) {
                out.append(BASE_32.charAt((int) (bits >> n - 5 & 31)));
                n -= 5;
            }
        }
        if (n > 0) {
            out.append(BASE_32.charAt((int) (bits << 5 - n & 31)));
        }
        while (out.length() % 8 != 0) {
            out.append('=');
        }
        return out.toString();
    }

    private static String decode32(String s) {
        String in = s.replace("\n", "").replace("\r", "");
        java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
        long bits = 0;
        int n = 0;
        int end = in.indexOf('=') < 0 ? in.length() : in.indexOf('=');
        for (int i = 0; i < end; i++) {
            int v = BASE_32.indexOf(in.charAt(i));
            if (v < 0) {
                return "illegal base32 data at input byte " + i;
            }
            bits = bits << 5 | v;
            n += 5;
            if (n >= 8) {
                out.write((int) (bits >> n - 8));
                n -= 8;
            }
        }
        return in.length() % 8 != 0 ? "illegal base32 data at input byte " + in.length() : GoValue.utf8(out.toByteArray());
    }
}
