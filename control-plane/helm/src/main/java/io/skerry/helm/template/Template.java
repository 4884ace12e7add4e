package io.skerry.helm.template;

/**
 * A parsed template.
 * @param file the template file it was parsed from, which positions refer to
 * @param text that file's text
 */
record Template(String name, String file, String text, Node.Nodes root) {
    /** "file:line:column"; the column counts bytes from 0, as Go's does. */
    String location(int pos) {
        int lineStart = text.lastIndexOf('\n', pos - 1) + 1;
        int line = 1;
        for (int i = 0; i < lineStart; i++) {
            if (text.charAt(i) == '\n') {
                line++;
            }
        }
        return file + ":" + line + ":" + GoValue.byteLength(text.substring(pos == 0 ? 0 : lineStart, pos));
    }
}
