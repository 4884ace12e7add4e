package io.skerry.machinery.protobuf;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Which JSON field a field number of a Kubernetes protobuf message stands for; read from a table when first asked for. */
final class ProtobufFields {
    /**
     * One field of a message.
     *
     * @param name      JSON's name; for an inlined message the definition whose fields it has
     * @param keepZero  whether the zero value means something
     * @param inlined   whether JSON has the message's fields in the enclosing object
     */
    record Field(String name, boolean keepZero, boolean inlined) {}

    private static final class Table {
        static final Map<String, Map<Integer, Field>> MESSAGES = read();
    }

    private ProtobufFields() {}

    /** Fields by number; null when the definition has no protobuf form that is known here. */
    static Map<Integer, Field> of(String definition) {
        return Table.MESSAGES.get(definition);
    }

    private static Map<String, Map<Integer, Field>> read() {
        Map<String, Map<Integer, Field>> messages = new HashMap<>(1024);
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                ProtobufFields.class.getResourceAsStream("fields.tsv"), StandardCharsets.US_ASCII))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!line.startsWith("#")) {
                    String[] columns = line.split("\t");
                    messages.put(columns[0], fields(columns[1]));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return messages;
    }

    private static Map<Integer, Field> fields(String text) {
        Map<Integer, Field> fields = new HashMap<>();
        for (String each : text.split(" ")) {
            boolean inlined = each.startsWith("@");
            boolean keepZero = each.endsWith("+");
            int equals = each.indexOf('=');
            int number = Integer.parseInt(each.substring(equals + 1, each.length() - (keepZero ? 1 : 0)));
            fields.put(number, new Field(each.substring(inlined ? 1 : 0, equals), keepZero, inlined));
        }
        return fields;
    }
}
