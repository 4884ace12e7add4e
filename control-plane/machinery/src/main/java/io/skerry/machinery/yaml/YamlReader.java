package io.skerry.machinery.yaml;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeId;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.ReaderException;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/** Turns SnakeYAML's node graph, which knows every position, into JSON trees. Uses nothing of SnakeYAML that reflects. */
final class YamlReader {

    /**
     * Aliases may multiply a small text into a huge tree ("billion laughs"): so many values may they repeat for each character of the text,
     * within these bounds. What the text itself spells out is not counted.
     */
    private static final int REPEATED_PER_CHARACTER = 10, MIN_REPEATED = 10_000, MAX_REPEATED = 500_000;
    /** A repeated text this long counts as one value more. */
    private static final int CHARACTERS_PER_VALUE = 64;

    private static final Tag PLAIN = new Tag("!skerry/plain");

    /** Leaves plain scalars to {@link Scalars}. */
    private static final Resolver RESOLVER = new Resolver() {
        @Override
        public Tag resolve(NodeId kind, String value, boolean implicit) {
            return switch (kind) {
                case scalar -> implicit ? PLAIN : Tag.STR;
                case sequence -> Tag.SEQ;
                default -> Tag.MAP;
            };
        }
    };

    private final String source;
    /** Whether yes, no, on, off, y and n are booleans. */
    private final boolean words;
    /** Whether a duplicate key is an error; else its last value counts. */
    private final boolean unique;
    /** Anchored nodes that were built already: to come upon one again is to follow an alias. */
    private final Set<Node> built = new HashSet<>();
    /** How many aliases the build is inside of. */
    private int aliases;
    private long repeated;
    private long maxRepeated;

    private YamlReader(String source, boolean words, boolean unique) {
        this.source = source;
        this.words = words;
        this.unique = unique;
    }

    static List<Yaml.Document> read(String text, String source, boolean words, boolean unique) {
        String content = text.startsWith("\uFEFF") ? text.substring(1) : text;
        return content.stripLeading().startsWith("{") ? readJsonOrYaml(content, source, words, unique) : new YamlReader(source, words, unique).readYaml(content);
    }

    /** JSON may be indented with tabs, YAML may not, so what looks like JSON is tried as JSON first, as kubectl does. */
    private static List<Yaml.Document> readJsonOrYaml(String text, String source, boolean words, boolean unique) {
        try {
            Json.MAPPER.readTree(text);
        } catch (JsonProcessingException notJson) {
            return new YamlReader(source, words, unique).readYaml(text);
        }
        StringBuilder spaced = new StringBuilder(text); // valid JSON has tabs only between its tokens
        for (int i = spaced.indexOf("\t"); i >= 0; i = spaced.indexOf("\t", i)) {
            spaced.setCharAt(i, ' ');
        }
        return new YamlReader(source, words, unique).readYaml(spaced.toString());
    }

    private List<Yaml.Document> readYaml(String text) {
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(Integer.MAX_VALUE);
        options.setMaxAliasesForCollections(Integer.MAX_VALUE);
        options.setNestingDepthLimit(1000);
        options.setProcessComments(false);
        maxRepeated = Math.clamp((long) REPEATED_PER_CHARACTER * text.length(), MIN_REPEATED, MAX_REPEATED);
        List<Yaml.Document> documents = new ArrayList<>();
        try {
            Composer composer = new Composer(new ParserImpl(new StreamReader(text), options), RESOLVER, options);
            while (composer.checkNode()) {
                Node node = composer.getNode();
                Built built = build(node, new ArrayList<>());
                if (!built.value.isNull()) {
                    documents.add(new Yaml.Document(built.value, source, built.lines.line(), built.lines));
                }
            }
        } catch (MarkedYAMLException e) {
            throw error(e.getProblemMark() != null ? e.getProblemMark() : e.getContextMark(), problem(e));
        } catch (ReaderException e) {
            String before = text.substring(0, text.offsetByCodePoints(0, Math.min(e.getPosition(), text.codePointCount(0, text.length()))));
            int line = 1 + (int) before.chars().filter(c -> c == '\n').count();
            int column = before.length() - before.lastIndexOf('\n');
            throw new YamlException(source, line, column, "control characters are not allowed (U+%04X)".formatted(e.getCodePoint()));
        } catch (YAMLException e) {
            throw new YamlException(source, 1, 1, e.getMessage());
        }
        return documents;
    }

    private static String problem(MarkedYAMLException e) {
        String problem = e.getProblem();
        return e.getContext() == null ? problem : e.getContext() + ", " + problem;
    }

    private record Built(JsonNode value, Lines lines) {}

    /** @param open the collections this node is inside of: an alias to one of them would never end */
    private Built build(Node node, List<Node> open) {
        boolean alias = node.getAnchor() != null && !built.add(node);
        if (alias) {
            aliases++;
        }
        Built result = aliases == 0 ? value(node, open) : repeat(node, open);
        if (alias) {
            aliases--;
        }
        return result;
    }

    private Built repeat(Node node, List<Node> open) {
        repeated += node instanceof ScalarNode scalar ? 1 + scalar.getValue().length() / CHARACTERS_PER_VALUE : 1;
        if (repeated > maxRepeated) {
            throw error(node.getStartMark(), "document contains excessive aliasing: its aliases repeat more than " + maxRepeated + " values; write fewer of them");
        }
        return value(node, open);
    }

    private Built value(Node node, List<Node> open) {
        int line = node.getStartMark().getLine() + 1;
        if (node instanceof ScalarNode scalar) {
            return new Built(scalar(scalar), Lines.scalar(line));
        }
        if (node.getAnchor() != null && open.contains(node)) {
            throw error(node.getStartMark(), "anchor '" + node.getAnchor() + "' value contains itself");
        }
        open.add(node);
        Built built = node instanceof SequenceNode sequence ? sequence(sequence, open, line) : mapping((MappingNode) node, open, line);
        open.removeLast();
        return built;
    }

    private Built sequence(SequenceNode sequence, List<Node> inside, int line) {
        ArrayNode array = Json.array();
        Lines[] items = new Lines[sequence.getValue().size()];
        for (int i = 0; i < items.length; i++) {
            Built item = build(sequence.getValue().get(i), inside);
            array.add(item.value);
            items[i] = item.lines;
        }
        return new Built(array, new Lines(line, null, items));
    }

    private Built mapping(MappingNode mapping, List<Node> inside, int line) {
        ObjectNode object = Json.object();
        Map<String, Lines> fields = new LinkedHashMap<>();
        Set<String> merged = new HashSet<>();
        for (NodeTuple tuple : mapping.getValue()) {
            Node keyNode = tuple.getKeyNode();
            int keyLine = keyNode.getStartMark().getLine() + 1;
            if (isMergeKey(keyNode)) {
                merge(tuple.getValueNode(), inside, object, fields, merged);
                continue;
            }
            String key = key(keyNode);
            Lines earlier = fields.get(key);
            if (earlier != null && !merged.remove(key) && unique) {
                throw error(keyNode.getStartMark(), "key \"" + key + "\" already set in map (at line " + earlier.line() + ")");
            }
            Built value = build(tuple.getValueNode(), inside);
            object.set(key, value.value);
            fields.put(key, value.lines.at(keyLine));
        }
        return new Built(object, new Lines(line, fields.keySet().toArray(String[]::new), fields.values().toArray(Lines[]::new)));
    }

    private static boolean isMergeKey(Node key) {
        return key instanceof ScalarNode s && s.getValue().equals("<<") && (s.getTag() == PLAIN || s.getTag().equals(Tag.MERGE));
    }

    /** Keys beside the "<<" win over merged ones; of several merged mappings the first wins. */
    private void merge(Node value, List<Node> inside, ObjectNode object, Map<String, Lines> fields, Set<String> merged) {
        switch (value) {
            case MappingNode mapping -> {
                Built built = build(mapping, inside);
                for (int i = 0; i < built.lines.names().length; i++) {
                    String key = built.lines.names()[i];
                    if (fields.putIfAbsent(key, built.lines.children()[i]) == null) {
                        object.set(key, built.value.get(key));
                        merged.add(key);
                    }
                }
            }
            case SequenceNode sequence when sequence.getValue().stream().allMatch(MappingNode.class::isInstance) ->
                sequence.getValue().forEach(each -> merge(each, inside, object, fields, merged));
            default -> throw error(value.getStartMark(), "map merge requires map or sequence of maps as the value");
        }
    }

    private String key(Node node) {
        if (!(node instanceof ScalarNode scalar)) {
            throw error(node.getStartMark(), "a map's key must be a string, not " + (node instanceof SequenceNode ? "a list" : "a map"));
        }
        JsonNode value = scalar(scalar);
        if (value.isNull()) {
            throw error(node.getStartMark(), "a map's key must be a string, not null");
        }
        return value.asText();
    }

    private JsonNode scalar(ScalarNode node) {
        String text = node.getValue();
        Tag tag = node.getTag();
        if (tag.equals(Tag.STR) || tag != PLAIN && !tag.getValue().startsWith(Tag.PREFIX)) { // a tag of the user's own makes a string
            return TextNode.valueOf(text);
        }
        if (tag.equals(Tag.BINARY)) {
            try {
                return TextNode.valueOf(new String(Base64.getMimeDecoder().decode(text), StandardCharsets.UTF_8));
            } catch (IllegalArgumentException e) {
                throw error(node.getStartMark(), "!!binary value contains invalid base64 data");
            }
        }
        JsonNode value;
        try {
            value = Scalars.resolve(text);
        } catch (ArithmeticException e) {
            throw error(node.getStartMark(), text + " cannot be written as JSON; quote it if a string is meant");
        }
        boolean fits = tag == PLAIN
                || tag.equals(Tag.NULL) && value != null && value.isNull()
                || tag.equals(Tag.BOOL) && value != null && value.isBoolean()
                || tag.equals(Tag.INT) && value != null && value.isIntegralNumber()
                || tag.equals(Tag.FLOAT) && value != null && value.isNumber()
                || tag.equals(Tag.TIMESTAMP);
        if (!fits) {
            throw error(node.getStartMark(), "cannot decode `" + text + "` as a " + tag.getValue().replace(Tag.PREFIX, "!!"));
        }
        boolean word = value != null && value.isBoolean() && !text.equalsIgnoreCase("true") && !text.equalsIgnoreCase("false");
        return value == null || word && !words && tag == PLAIN ? TextNode.valueOf(text) : value;
    }

    private YamlException error(Mark mark, String problem) {
        return mark == null ? new YamlException(source, 1, 1, problem) : new YamlException(source, mark.getLine() + 1, mark.getColumn() + 1, problem);
    }
}
