package io.skerry.apiserver.stream;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/** Messages of {@code base64.channel.k8s.io}: the channel as a character, '0' for the first, and its bytes in base64. */
final class ChannelText {

    private ChannelText() {}

    /** @param message the channel as the first byte, and what it carries */
    static String encode(byte[] message) {
        return (char) ('0' + (message[0] & 0xff)) + Base64.getEncoder().encodeToString(Arrays.copyOfRange(message, 1, message.length));
    }

    /** The message with the channel as its first byte; one that is none is empty, which says nothing to anyone. */
    static byte[] decode(byte[] text) {
        if (text.length == 0) {
            return text;
        }
        try {
            byte[] bytes = Base64.getDecoder().decode(new String(text, 1, text.length - 1, StandardCharsets.ISO_8859_1));
            byte[] message = new byte[bytes.length + 1];
            message[0] = (byte) (text[0] - '0');
            System.arraycopy(bytes, 0, message, 1, bytes.length);
            return message;
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }
}
