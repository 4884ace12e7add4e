package io.skerry.controllers.batch;

import java.util.BitSet;

/** Sets of completion indexes as a Job's status writes them: {@code 1,3-5,7}. */
final class CompletionIndexes {
    private CompletionIndexes() {}

    /** Entries that are no numbers, or not below {@code completions}, are left out. */
    static BitSet parse(String text, int completions) {
        BitSet set = new BitSet();
        if (text == null) return set;
        for (String part : text.split(",")) {
            String[] ends = part.strip().split("-", 2);
            try {
                int from = Integer.parseInt(ends[0]), to = ends.length == 1 ? from : Integer.parseInt(ends[1]);
                for (int i = from; i <= to && i < completions; i++) set.set(i);
            } catch (NumberFormatException e) {
                // written by someone else; what can be read counts
            }
        }
        return set;
    }

    static String write(BitSet set) {
        StringBuilder out = new StringBuilder();
        for (int from = set.nextSetBit(0); from >= 0; ) {
            int end = set.nextClearBit(from), last = end - 1;
            if (!out.isEmpty()) out.append(',');
            out.append(from);
            if (last == from + 1) out.append(',').append(last);
            else if (last > from) out.append('-').append(last);
            from = set.nextSetBit(end);
        }
        return out.toString();
    }
}
