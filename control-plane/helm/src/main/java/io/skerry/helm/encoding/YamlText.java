package io.skerry.helm.encoding;

/** Which styles can hold a text: libyaml's analysis of a scalar in block context, with go-yaml's idea of what is printable. */
final class YamlText {
    boolean plain = true;
    boolean single = true;
    boolean block = true;

    /** @param tabs whether a tab may stand in a literal block, as go-yaml 3 has it and 2 has not */
    YamlText(String s, boolean tabs) {
        int n = s.length();
        if (n == 0) {
            block = false;
            return;
        }
        boolean indicators = s.startsWith("---") || s.startsWith("...");
        boolean lineBreaks = false;
        boolean spaceBreak = false;
        boolean breakSpace = false;
        boolean special = false;
        boolean previousSpace = false;
        boolean previousBreak = false;
        boolean afterBlank = true;
        for (int i = 0; i < n; ) {
            int c = s.codePointAt(i);
            int next = i + Character.charCount(c);
            boolean beforeBlank = next >= n || isBlank(s.charAt(next));
            if (i == 0) {
                indicators |= "#,[]{}&*!|>'\"%@`".indexOf(c) >= 0 || (c == '?' || c == ':' || c == '-') && beforeBlank;
            } else {
                indicators |= c == ':' && beforeBlank || c == '#' && afterBlank;
            }
            if (tabs && c == '\t') {
                plain = false;
                single = false;
            } else {
                special |= !printable(c);
            }
            if (c == ' ') {
                if (i == 0 || next == n) {
                    plain = false;
                }
                if (next == n) {
                    block = false;
                }
                breakSpace |= previousBreak;
                previousSpace = true;
                previousBreak = false;
            } else if (isBreak(c)) {
                lineBreaks = true;
                spaceBreak |= previousSpace;
                previousSpace = false;
                previousBreak = true;
            } else {
                previousSpace = false;
                previousBreak = false;
            }
            afterBlank = isBlank(c);
            i = next;
        }
        if (indicators || lineBreaks) {
            plain = false;
        }
        if (breakSpace) {
            plain = false;
            single = false;
        }
        if (spaceBreak || special) {
            plain = false;
            single = false;
            block = false;
        }
    }

    static boolean isBreak(int c) {
        return c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029;
    }

    private static boolean isBlank(int c) {
        return c == ' ' || c == '\t' || isBreak(c);
    }

    /** go-yaml's is_printable: no tab, and nothing beyond the basic plane. */
    static boolean printable(int c) {
        return c == '\n' || c >= 0x20 && c <= 0x7e || c >= 0xa0 && c <= 0xd7ff || c >= 0xe000 && c <= 0xfffd && c != 0xfeff;
    }
}
