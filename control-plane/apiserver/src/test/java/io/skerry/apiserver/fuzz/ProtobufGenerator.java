package io.skerry.apiserver.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/**
 * Bodies that are well-formed protobuf in Kubernetes' envelope, with fields that most messages have under these numbers and of any wire type:
 * what is read as text here is a message there.
 */
final class ProtobufGenerator {
    /** What kubectl 1.33 sends for: kubectl create deployment x --image=docker.io/skerry/demo-web:1 --replicas=2 */

            private static final byte[] DEPLOYMENT = HexFormat.of().parseHex("6b3873000a150a07617070732f7631120a4465706c6f796d656e7412bd010a1b0a017812001a0022002a003200380042005a080a0361707012017812"
            + "8f010802120a0a080a036170701201781a770a1a0a0012001a0022002a003200380042005a080a036170701201781259123b0a0864656d6f2d776562"
            + "121b646f636b65722e696f2f736b657272792f64656d6f2d7765623a312a0042006a007200800100880100900100a201001a00320042004a00520058"
            + "00600068008201008a01009a0100c2010022020a00280038001a0c0800100018002000280038001a002200");

    private ProtobufGenerator() {
    }

    static byte[] body(RandomGenerator random, String apiVersion, String kind) {
        if (kind.equals("Deployment") && random.nextBoolean()) {
            byte[] changed = DEPLOYMENT.clone();
            for (int i = random.nextInt(4); i > 0; i--) {
                changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
            }
            return changed;
        }
        ByteArrayOutputStream type = new ByteArrayOutputStream();
        data(type, 1, apiVersion.getBytes(StandardCharsets.UTF_8));
        data(type, 2, kind.getBytes(StandardCharsets.UTF_8));
        ByteArrayOutputStream object = new ByteArrayOutputStream();
        ByteArrayOutputStream metadata = new ByteArrayOutputStream();
        data(metadata, 1, ObjectGenerator.text(random).getBytes(StandardCharsets.UTF_8));
        if (random.nextInt(3) == 0) {
            metadata.writeBytes(message(random, 0));
        }
        data(object, 1, metadata.toByteArray());
        object.writeBytes(message(random, 0));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {'k', '8', 's', 0});
        data(out, 1, type.toByteArray());
        data(out, 2, object.toByteArray());
        return out.toByteArray();
    }

    private static byte[] message(RandomGenerator random, int depth) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = random.nextInt(5); i > 0; i--) {
            int number = random.nextInt(10) == 0 ? random.nextInt(1, 1 << 20) : random.nextInt(1, 20);
            switch (random.nextInt(12)) {
                case 0 -> {
                    varint(out, number << 3);
                    varint(out, random.nextLong() >>> random.nextInt(64));
                }
                case 1 -> {
                    varint(out, number << 3);
                    varint(out, random.nextInt(4));
                }
                case 2 -> {
                    varint(out, number << 3 | 1);
                    byte[] fixed = new byte[8];
                    random.nextBytes(fixed);
                    out.writeBytes(fixed);
                }
                case 3 -> {
                    varint(out, number << 3 | 5);
                    out.writeBytes(new byte[] {1, 2, 3, 4});
                }
                case 4, 5, 6 -> data(out, number, ObjectGenerator.text(random).getBytes(StandardCharsets.UTF_8));
                case 7 -> {
                    byte[] noise = new byte[random.nextInt(20)];
                    random.nextBytes(noise);
                    data(out, number, noise);
                }
                default -> data(out, number, depth > 6 ? new byte[0] : message(random, depth + 1));
            }
        }
        return out.toByteArray();
    }

    private static void data(ByteArrayOutputStream out, int number, byte[] bytes) {
        varint(out, number << 3 | 2);
        varint(out, bytes.length);
        out.writeBytes(bytes);
    }

    private static void varint(ByteArrayOutputStream out, long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            out.write((int) (rest & 0x7f | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }
}
