package io.skerry.helm.release;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.function.BiConsumer;

/** Reads a v1 Secret from the API's protobuf form, in which Helm's client sends it: "k8s\0" and a runtime.Unknown around the message. */
final class ProtobufSecret {
    private ProtobufSecret() {}

    static boolean is(byte[] body) {
        return body.length > 4 && body[0] == 'k' && body[1] == '8' && body[2] == 's' && body[3] == 0;
    }

    static ObjectNode decode(byte[] body) {
        ObjectNode secret = Json.object();
        fields(body, 4, body.length, (number, raw) -> {
            if (number == 2) {
                secret(raw, secret);
            }
        });
        return secret;
    }

    private static void secret(byte[] message, ObjectNode secret) {
        fields(message, 0, message.length, (number, v) -> {
            switch (number) {
                case 1 -> metadata(v, secret.putObject("metadata"));
                case 2 -> {
                    byte[][] e = entry(v);
                    Json.ensureObject(secret, "data").put(text(e[0]), Base64.getEncoder().encodeToString(e[1]));
                }
                case 3 -> secret.put("type", text(v));
                default -> { }
            }
        });
    }

    private static void metadata(byte[] message, ObjectNode metadata) {
        fields(message, 0, message.length, (number, v) -> {
            switch (number) {
                case 1 -> metadata.put("name", text(v));
                case 11 -> {
                    byte[][] e = entry(v);
                    Json.ensureObject(metadata, "labels").put(text(e[0]), text(e[1]));
                }
                default -> { }
            }
        });
    }

    private static byte[][] entry(byte[] message) {
        byte[][] e = {new byte[0], new byte[0]};
        fields(message, 0, message.length, (number, v) -> e[number - 1] = v);
        return e;
    }

    private static String text(byte[] b) {
        return new String(b, StandardCharsets.UTF_8);
    }

    /** The fields with a length; numbers are passed over. */
    private static void fields(byte[] b, int from, int to, BiConsumer<Integer, byte[]> sink) {
        int[] at = {from};
        while (at[0] < to) {
            long tag = varint(b, at);
            if ((tag & 7) == 0) {
                varint(b, at);
                continue;
            }
            int length = (int) varint(b, at);
            byte[] v = java.util.Arrays.copyOfRange(b, at[0], at[0] + length);
            at[0] += length;
            sink.accept((int) (tag >> 3), v);
        }
    }

    private static long varint(byte[] b, int[] at) {
        long v = 0;
        for (int shift = 0; ; shift += 7) {
            byte x = b[at[0]++];
            v |= (long) (x & 0x7f) << shift;
            if (x >= 0) {
                return v;
            }
        }
    }
}
