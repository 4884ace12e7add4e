package io.skerry.schemagenerator;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The doc strings of one model class, read from its source: the class's Javadoc, and that of the getter of each JSON property.
 * They are the API reference's own words, with HTML for what Javadoc would take as markup; that is undone here.
 */
final class DocStrings {

    private static final Pattern COMMENT = Pattern.compile("/\\*\\*(.*?)\\*/\\s*((?:@[^\\n]*\\n\\s*|\\}\\)\\n\\s*|\"[^\\n]*\\n\\s*)*)([^\\n]*)", Pattern.DOTALL);
    private static final Pattern PROPERTY = Pattern.compile("@JsonProperty\\(\"([^\"]+)\"\\)");

    private final String ofClass;
    private final Map<String, String> ofProperty;

    DocStrings(String ofClass, Map<String, String> ofProperty) {
        this.ofClass = ofClass;
        this.ofProperty = ofProperty;
    }

    /** Reads the class's source from the sources jar on the class path. */
    static DocStrings of(Class<?> type) throws IOException {
        String path = "/" + type.getName().replace('.', '/') + ".java";
        try (InputStream in = type.getResourceAsStream(path)) {
            if (in == null) {
                throw new IOException("no source " + path + " on the class path: is the sources jar of its model a dependency?");
            }
            return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), type.getSimpleName());
        }
    }

    static DocStrings parse(String source, String simpleName) {
        String ofClass = "";
        Map<String, String> ofProperty = new HashMap<>();
        Matcher comments = COMMENT.matcher(source);
        while (comments.find()) {
            String declaration = comments.group(3);
            if (declaration.contains(" class " + simpleName)) {
                ofClass = text(comments.group(1));
            }
            Matcher property = PROPERTY.matcher(comments.group(2));
            if (property.find()) {
                ofProperty.putIfAbsent(property.group(1), text(comments.group(1)));
            }
        }
        return new DocStrings(ofClass, ofProperty);
    }

    private static String text(String javadoc) {
        return javadoc.lines().map(l -> l.strip().replaceFirst("^\\* ?", "")).filter(l -> !l.isEmpty() && !l.startsWith("@"))
                .reduce((a, b) -> a + "\n" + b).orElse("")
                .replace("<br><p> ", "\n").replace("<br><p>", "\n").replaceAll("\\{@(?:code|link) ([^}]*)\\}", "$1")
                .replace("&#42;", "*").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip();
    }

    String ofClass() {
        return ofClass;
    }

    /** The doc string of a JSON property; "" when it has none: where its type is a class, the source often says the owner's again. */
    String ofProperty(String jsonName) {
        String text = ofProperty.getOrDefault(jsonName, "");
        return text.equals(ofClass) ? "" : text;
    }
}
