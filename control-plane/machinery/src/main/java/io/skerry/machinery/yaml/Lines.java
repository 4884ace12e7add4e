package io.skerry.machinery.yaml;

/**
 * Where the values of a document stand: a tree of the document's shape.
 *
 * @param line 1-based
 * @param names field names in order for an object, null otherwise
 * @param children the fields' or items' lines, null for a scalar
 */
public record Lines(int line, String[] names, Lines[] children) {

    static Lines scalar(int line) {
        return new Lines(line, null, null);
    }

    Lines at(int otherLine) {
        return otherLine == line ? this : new Lines(otherLine, names, children);
    }

    /** @see Yaml.Document#lineOf */
    int of(String jsonPointer) {
        Lines at = this;
        int from = 1;
        while (from <= jsonPointer.length()) {
            int slash = jsonPointer.indexOf('/', from);
            int end = slash < 0 ? jsonPointer.length() : slash;
            String token = jsonPointer.substring(from, end).replace("~1", "/").replace("~0", "~");
            Lines child = at.child(token);
            if (child == null) {
                break;
            }
            at = child;
            from = end + 1;
        }
        return at.line;
    }

    private Lines child(String token) {
        if (children == null) {
            return null;
        }
        if (names == null) {
            int index;
            try {
                index = Integer.parseInt(token);
            } catch (NumberFormatException e) {
                return null;
            }
            return index >= 0 && index < children.length ? children[index] : null;
        }
        for (int i = 0; i < names.length; i++) {
            if (names[i].equals(token)) {
                return children[i];
            }
        }
        return null;
    }
}
