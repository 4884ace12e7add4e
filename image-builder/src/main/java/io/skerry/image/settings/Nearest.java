package io.skerry.image.settings;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** The known word that somebody who mistyped probably meant. */
final class Nearest {
    private Nearest() {}

    /** Empty when none is near: at most a third of the letters may differ. */
    static Optional<String> to(String typed, Collection<String> known) {
        String wanted = plain(typed);
        return known.stream()
                .filter(word -> distance(wanted, plain(word)) <= Math.max(1, Math.max(wanted.length(), word.length()) / 3))
                .min(Comparator.comparingInt((String word) -> distance(wanted, plain(word))).thenComparing(Comparator.naturalOrder()));
    }

    private static String plain(String word) {
        return word.toLowerCase(Locale.ROOT).replaceAll("[-_]", "");
    }

    /** Levenshtein's. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int above = row[j];
                row[j] = Math.min(Math.min(above, row[j - 1]) + 1, diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1));
                diagonal = above;
            }
        }
        return row[b.length()];
    }
}
