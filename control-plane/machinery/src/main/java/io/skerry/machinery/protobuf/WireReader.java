package io.skerry.machinery.protobuf;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Protobuf's wire format: tags, varints, lengths (https://protobuf.dev/programming-guides/encoding). */
final class WireReader {
    static final int VARINT = 0;
    static final int FIXED64 = 1;
    static final int LENGTH = 2;
    static final int FIXED32 = 5;

    private final byte[] bytes;
    private final int end;
    private int at;
    private int wireType;

    WireReader(byte[] bytes, int from, int to) {
        this.bytes = bytes;
        this.at = from;
        this.end = to;
    }

    boolean hasMore() {
        return at < end;
    }

    /** Reads a tag; the answer is the field's number. */
    int field() {
        long tag = varint();
        wireType = (int) (tag & 7);
        return (int) (tag >>> 3);
    }

    int wireType() {
        return wireType;
    }

    long varint() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte b = next();
            value |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw new ProtobufException("a varint has more than 10 bytes");
    }

    double fixedDouble() {
        long bits = 0;
        for (int i = 0; i < 8; i++) {
            bits |= (long) (next() & 0xff) << 8 * i;
        }
        return Double.longBitsToDouble(bits);
    }

    /** The bytes of a length-delimited field, to be read in place. */
    WireReader message() {
        int length = length();
        WireReader inner = new WireReader(bytes, at, at + length);
        at += length;
        return inner;
    }

    byte[] data() {
        int length = length();
        byte[] data = Arrays.copyOfRange(bytes, at, at + length);
        at += length;
        return data;
    }

    String text() {
        int length = length();
        String text = new String(bytes, at, length, StandardCharsets.UTF_8);
        at += length;
        return text;
    }

    void skip() {
        switch (wireType) {
            case VARINT -> varint();
            case FIXED64 -> advance(8);
            case LENGTH -> advance(length());
            case FIXED32 -> advance(4);
            default -> throw new ProtobufException("wire type " + wireType + " is not known");
        }
    }

    private int length() {
        if (wireType != LENGTH) {
            throw new ProtobufException("a field has wire type " + wireType + " where a length was expected");
        }
        long length = varint();
        if (length < 0 || length > end - at) {
            throw new ProtobufException("a field is longer than its message");
        }
        return (int) length;
    }

    private void advance(int count) {
        if (count > end - at) {
            throw new ProtobufException("the message ends within a field");
        }
        at += count;
    }

    private byte next() {
        if (at >= end) {
            throw new ProtobufException("the message ends within a field");
        }
        return bytes[at++];
    }
}
