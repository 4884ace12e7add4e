package io.skerry.apiserver.cache;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What a layer above the database hands on in the place of a value that is well but that it cannot make readable now: why. Such an object is
 * neither damaged, so that it might be replaced, nor gone.
 */
public final class Withheld {
    /** Neither JSON nor an encrypted value begins so. */
    private static final byte[] HEAD = "\0withheld:".getBytes(StandardCharsets.US_ASCII);

    private Withheld() {
    }

    /** @param why said of the object, with what to do: "it is encrypted with ..." */
    public static byte[] because(String why) {
        byte[] text = why.getBytes(StandardCharsets.UTF_8);
        byte[] value = Arrays.copyOf(HEAD, HEAD.length + text.length);
        System.arraycopy(text, 0, value, HEAD.length, text.length);
        return value;
    }

    /** Why a value is withheld, null for one that is there. */
    static String why(byte[] value) {
        return value.length < HEAD.length || value[0] != HEAD[0] || !Arrays.equals(value, 0, HEAD.length, HEAD, 0, HEAD.length) ? null
                : new String(value, HEAD.length, value.length - HEAD.length, StandardCharsets.UTF_8);
    }
}
