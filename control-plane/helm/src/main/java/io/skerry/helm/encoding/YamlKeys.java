package io.skerry.helm.encoding;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The order in which go-yaml writes a map's keys. */
final class YamlKeys {
    private YamlKeys() {}

    static List<String> sorted(Map<?, ?> map) {
        List<String> keys = new ArrayList<>(map.size());
        for (Object k : map.keySet()) {
            keys.add((String) k);
        }
        try {
            keys.sort(YamlKeys::compare);
        } catch (IllegalArgumentException e) {
            // go-yaml's order has circles (a9 < a10 < a1B < a9), in which any order is as good.
            keys.sort(null);
        }
        return keys;
    }

    /** go-yaml's natural order: runs of digits by their number, letters after everything else. */
    private static int compare(String x, String y) {
        int[] a = x.codePoints().toArray();
        int[] b = y.codePoints().toArray();
        for (int i = 0; i < a.length && i < b.length; i++) {
            if (a[i] == b[i]) {
                continue;
            }
            boolean la = Character.isLetter(a[i]);
            boolean lb = Character.isLetter(b[i]);
            if (la && lb) {
                return a[i] - b[i];
            }
            if (la || lb) {
                return lb ? -1 : 1;
            }
            long na = 0;
            long nb = 0;
            if (a[i] == '0' || b[i] == '0') {
                for (int j = i - 1; j >= 0 && Character.isDigit(a[j]); j--) {
                    if (a[j] != '0') {
                        na = 1;
                        nb = 1;
                        break;
                    }
                }
            }
            int ia = i;
            for (; ia < a.length && Character.isDigit(a[ia]); ia++) {
                na = na * 10 + Character.digit(a[ia], 10);
            }
            int ib = i;
            for (; ib < b.length && Character.isDigit(b[ib]); ib++) {
                nb = nb * 10 + Character.digit(b[ib], 10);
            }
            return na != nb ? Long.compare(na, nb) : ia != ib ? ia - ib : a[i] - b[i];
        }
        return a.length - b.length;
    }
}
