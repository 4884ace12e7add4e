package io.skerry.image.build;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What a program must be started with: its loader and the shared libraries it names (System V ABI, "Dynamic Linking"). 64-bit little endian only. */
final class Elf {
    private static final int PT_LOAD = 1;
    private static final int PT_DYNAMIC = 2;
    private static final int PT_INTERP = 3;
    private static final long DT_NEEDED = 1;
    private static final long DT_STRTAB = 5;

    /**
     * @param loader path of the program's loader; null for a library or a static program
     * @param needed names of libraries, such as libc.so.6
     */
    record Needs(String loader, List<String> needed) {}

    private Elf() {}

    static boolean isElf(byte[] file) {
        return file.length > 64 && file[0] == 0x7f && file[1] == 'E' && file[2] == 'L' && file[3] == 'F' && file[4] == 2 && file[5] == 1;
    }

    static Needs read(byte[] file) {
        ByteBuffer elf = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int headers = (int) elf.getLong(32);
        int size = elf.getShort(54);
        int count = elf.getShort(56);
        String loader = null;
        int dynamic = -1;
        int dynamicEnd = -1;
        for (int i = 0; i < count; i++) {
            int at = headers + i * size;
            int offset = (int) elf.getLong(at + 8);
            int length = (int) elf.getLong(at + 32);
            switch (elf.getInt(at)) {
                case PT_INTERP -> loader = text(file, offset);
                case PT_DYNAMIC -> {
                    dynamic = offset;
                    dynamicEnd = offset + length;
                }
                default -> { }
            }
        }
        List<Long> names = new ArrayList<>();
        long table = -1;
        for (int at = dynamic; dynamic >= 0 && at + 16 <= dynamicEnd; at += 16) {
            long tag = elf.getLong(at);
            if (tag == 0) {
                break;
            } else if (tag == DT_NEEDED) {
                names.add(elf.getLong(at + 8));
            } else if (tag == DT_STRTAB) {
                table = fileOffset(elf, headers, size, count, elf.getLong(at + 8));
            }
        }
        long strings = table;
        return new Needs(loader, names.stream().map(name -> text(file, (int) (strings + name))).toList());
    }

    /** The dynamic section names addresses in memory; the file's are those of the segment that is loaded there. */
    private static long fileOffset(ByteBuffer elf, int headers, int size, int count, long address) {
        for (int i = 0; i < count; i++) {
            int at = headers + i * size;
            long start = elf.getLong(at + 16);
            if (elf.getInt(at) == PT_LOAD && address >= start && address < start + elf.getLong(at + 32)) {
                return address - start + elf.getLong(at + 8);
            }
        }
        return address;
    }

    private static String text(byte[] file, int at) {
        int end = at;
        while (file[end] != 0) {
            end++;
        }
        return new String(file, at, end - at, StandardCharsets.US_ASCII);
    }
}
