package io.skerry.datastore;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Makes, out of the log that disk.c has kept, what a disk holds after a power cut at any moment: all that was synced; of what was
 * not, any pages and no others, in no order; and of the very last write, only some of its sectors.
 */
final class PowerCut {

    private static final int PAGE = 4096;
    private static final int SECTOR = 512;

    private record Operation(char what, String file, long first, long second, byte[] data) {}

    private final List<Operation> operations = new ArrayList<>();

    PowerCut(Path log) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(log)).order(ByteOrder.LITTLE_ENDIAN);
        while (in.remaining() > 2) {
            in.mark();
            char what = (char) in.get();
            byte[] name = new byte[in.get()];
            if (in.remaining() < name.length + 16) {
                return; // the process was killed within the record
            }
            in.get(name);
            long first = in.getLong();
            long second = in.getLong();
            byte[] data = what == 'W' ? new byte[(int) second] : new byte[0];
            if (in.remaining() < data.length) {
                return;
            }
            in.get(data);
            operations.add(new Operation(what, new String(name, StandardCharsets.UTF_8), first, second, data));
        }
    }

    int length() {
        return operations.size();
    }

    long syncs() {
        return operations.stream().filter(operation -> operation.what() == 'S').count();
    }

    /** How often a file's log was begun anew, as after a checkpoint. */
    long writesAt(String file, long offset) {
        return operations.stream().filter(operation -> operation.what() == 'W' && operation.file().equals(file) && operation.first() == offset).count();
    }

    /** What had been written to a file by then, synced or not: for what left the machine before the cut. */
    String told(String file, int cut) {
        var text = new StringBuilder();
        operations.subList(0, cut).stream().filter(operation -> operation.what() == 'W' && operation.file().equals(file))
            .forEach(operation -> text.append(new String(operation.data(), StandardCharsets.UTF_8)));
        return text.toString();
    }

    /**
     * Writes the files as they are after a cut before the operation numbered {@code cut}.
     *
     * @param survives how likely it is that an unsynced page has reached the disk all the same, 0 to 1
     */
    void leave(Path folder, int cut, double survives, Random random) throws IOException {
        Map<String, Long> synced = new HashMap<>(); // of each file, how many operations are certain
        for (Operation operation : operations.subList(0, cut)) {
            if (operation.what() == 'S') {
                synced.merge(operation.file(), operation.first(), Math::max);
            }
        }
        Map<String, RandomAccessFile> files = new HashMap<>();
        try {
            for (int i = 0; i < cut; i++) {
                Operation operation = operations.get(i);
                if (operation.what() == 'S' || operation.file().endsWith("-shm") || operation.file().endsWith(".lock") || operation.file().equals("acks")) {
                    continue;
                }
                if (operation.what() == 'U') {
                    if (i < synced.getOrDefault(".", 0L) || random.nextDouble() < survives) {
                        RandomAccessFile gone = files.remove(operation.file());
                        if (gone != null) {
                            gone.close();
                            Files.delete(folder.resolve(operation.file()));
                        }
                    }
                    continue;
                }
                RandomAccessFile file = files.get(operation.file());
                if (file == null) {
                    file = new RandomAccessFile(folder.resolve(operation.file()).toFile(), "rw");
                    files.put(operation.file(), file);
                }
                boolean certain = i < synced.getOrDefault(operation.file(), 0L);
                if (operation.what() == 'T') {
                    if (certain || random.nextDouble() < survives) {
                        file.setLength(operation.first());
                    }
                } else if (certain) {
                    file.seek(operation.first());
                    file.write(operation.data());
                } else {
                    boolean torn = i == cut - 1;
                    pages(file, operation, survives, torn ? SECTOR : PAGE, random);
                }
            }
        } finally {
            for (RandomAccessFile file : files.values()) {
                file.close();
            }
        }
    }

    private static void pages(RandomAccessFile file, Operation write, double survives, int unit, Random random) throws IOException {
        long end = write.first() + write.data().length;
        for (long at = write.first(); at < end; ) {
            long next = Math.min(end, (at / unit + 1) * unit);
            if (random.nextDouble() < survives) {
                file.seek(at);
                file.write(write.data(), (int) (at - write.first()), (int) (next - at));
            }
            at = next;
        }
    }
}
