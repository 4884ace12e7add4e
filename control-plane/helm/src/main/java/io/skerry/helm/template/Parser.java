package io.skerry.helm.template;

import io.skerry.helm.template.Token.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Makes the syntax trees of one template file: its own, and one for each {@code define} and {@code block} in it. */
final class Parser extends Tokens {
    private final String name;
    private final String text;
    private final Functions functions;
    private final Map<String, Template> defined;
    private List<String> variables = new ArrayList<>(List.of("$"));
    private int rangeDepth;

    private Parser(String name, String text, Functions functions, Map<String, Template> defined) {
        super(name, text);
        this.name = name;
        this.text = text;
        this.functions = functions;
        this.defined = defined;
    }

    /**
     * @param defined gets the templates, the file's own under its name
     * @throws TemplateException "template: name:line: problem"
     */
    static void parse(String name, String text, Functions functions, Map<String, Template> defined) {
        Parser p = new Parser(name, text, functions, defined);
        p.add(new Template(name, name, text, p.topLevel()));
    }

    private void add(Template t) {
        Template old = defined.get(t.name());
        if (old == null || old.root().isEmpty()) {
            defined.put(t.name(), t);
        } else if (!t.root().isEmpty()) {
            throw error("template: multiple definition of template " + GoFormat.quote(t.name()));
        }
    }

    private Node.Nodes topLevel() {
        List<Node> nodes = new ArrayList<>();
        while (peek().type() != Type.EOF) {
            if (peek().type() == Type.LEFT_DELIM) {
                int mark = mark();
                next();
                if (nextNonSpace().type() == Type.DEFINE) {
                    definition();
                    continue;
                }
                reset(mark);
            }
            Node n = textOrAction();
            if (n instanceof Node.End || n instanceof Node.Else) {
                throw error("unexpected " + n);
            }
            nodes.add(n);
        }
        return new Node.Nodes(0, nodes);
    }

    private void definition() {
        Token n = nextNonSpace();
        if (n.type() != Type.STRING && n.type() != Type.RAW_STRING) {
            throw unexpected(n, "define clause");
        }
        String templateName = unquote(n);
        expect(Type.RIGHT_DELIM, "define clause");
        int depth = rangeDepth;
        List<String> saved = variables;
        rangeDepth = 0;
        variables = new ArrayList<>(List.of("$"));
        Block body = itemList();
        if (body.end instanceof Node.Else) {
            throw error("unexpected " + body.end + " in define clause");
        }
        variables = saved;
        rangeDepth = depth;
        add(new Template(templateName, name, text, body.nodes));
    }

    private record Block(Node.Nodes nodes, Node end) {}

    /** Nodes up to {@code {{end}}} or {@code {{else}}}. */
    private Block itemList() {
        List<Node> nodes = new ArrayList<>();
        int pos = peekNonSpace().pos();
        while (peekNonSpace().type() != Type.EOF) {
            Node n = textOrAction();
            if (n instanceof Node.End || n instanceof Node.Else) {
                return new Block(new Node.Nodes(pos, nodes), n);
            }
            nodes.add(n);
        }
        throw error("unexpected EOF");
    }

    private Node textOrAction() {
        Token t = nextNonSpace();
        return switch (t.type()) {
            case TEXT -> new Node.Text(t.pos(), t.value());
            case LEFT_DELIM -> {
                actionLine(t.line());
                Node n = action();
                actionLine(0);
                yield n;
            }
            default -> throw unexpected(t, "input");
        };
    }

    private Node action() {
        Token t = nextNonSpace();
        switch (t.type()) {
            case BLOCK:
                return block(t.pos());
            case BREAK:
                return loopExit(t, true);
            case CONTINUE:
                return loopExit(t, false);
            case ELSE:
                Type after = peekNonSpace().type();
                if (after == Type.IF || after == Type.WITH) {
                    return new Node.Else(peekNonSpace().pos());
                }
                return new Node.Else(expect(Type.RIGHT_DELIM, "else").pos());
            case END:
                return new Node.End(expect(Type.RIGHT_DELIM, "end").pos());
            case IF:
                return branch(t.pos(), false);
            case WITH:
                return branch(t.pos(), true);
            case RANGE:
                return range(t.pos());
            case TEMPLATE:
                return call();
            default:
                back();
                int pos = peek().pos();
                return new Node.Action(pos, pipeline("command", Type.RIGHT_DELIM));
        }
    }

    private Node loopExit(Token t, boolean isBreak) {
        Token end = nextNonSpace();
        String word = isBreak ? "break" : "continue";
        if (end.type() != Type.RIGHT_DELIM) {
            throw unexpected(end, "{{" + word + "}}");
        }
        if (rangeDepth == 0) {
            throw error("{{" + word + "}} outside {{range}}");
        }
        return isBreak ? new Node.Break(t.pos()) : new Node.Continue(t.pos());
    }

    private Node branch(int pos, boolean with) {
        int scope = variables.size();
        Node.Pipe pipe = pipeline(with ? "with" : "if", Type.RIGHT_DELIM);
        Block list = itemList();
        Node.Nodes otherwise = null;
        if (list.end instanceof Node.Else) {
            Token next = peek();
            // {{else if}} is {{else}}{{if}} with one {{end}} for both; so is {{else with}} of a with.
            if (next.type() == (with ? Type.WITH : Type.IF)) {
                next();
                Node nested = branch(next.pos(), with);
                otherwise = new Node.Nodes(next.pos(), List.of(nested));
            } else if (next.type() == Type.IF || next.type() == Type.WITH) {
                throw unexpected(next, "input");
            } else {
                Block b = itemList();
                if (b.end instanceof Node.Else) {
                    throw error("expected end; found " + b.end);
                }
                otherwise = b.nodes;
            }
        }
        popVariables(scope);
        return new Node.Branch(pos, with, pipe, list.nodes, otherwise);
    }

    private Node range(int pos) {
        int scope = variables.size();
        Node.Pipe pipe = pipeline("range", Type.RIGHT_DELIM);
        rangeDepth++;
        Block list = itemList();
        rangeDepth--;
        Node.Nodes otherwise = null;
        if (list.end instanceof Node.Else) {
            Block b = itemList();
            if (b.end instanceof Node.Else) {
                throw error("expected end; found " + b.end);
            }
            otherwise = b.nodes;
        }
        popVariables(scope);
        return new Node.Range(pos, pipe, list.nodes, otherwise);
    }

    private Node block(int pos) {
        Token n = nextNonSpace();
        String templateName = templateName(n, "block clause");
        Node.Pipe pipe = pipeline("block clause", Type.RIGHT_DELIM);
        List<String> saved = variables;
        int depth = rangeDepth;
        variables = new ArrayList<>(List.of("$"));
        rangeDepth = 0;
        Block body = itemList();
        if (body.end instanceof Node.Else) {
            throw error("unexpected " + body.end + " in block clause");
        }
        variables = saved;
        rangeDepth = depth;
        add(new Template(templateName, name, text, body.nodes));
        return new Node.Call(pos, templateName, pipe);
    }

    private Node call() {
        Token n = nextNonSpace();
        String templateName = templateName(n, "template clause");
        Node.Pipe pipe = null;
        if (nextNonSpace().type() != Type.RIGHT_DELIM) {
            back();
            pipe = pipeline("template clause", Type.RIGHT_DELIM);
        }
        return new Node.Call(n.pos(), templateName, pipe);
    }

    private String templateName(Token t, String context) {
        if (t.type() != Type.STRING && t.type() != Type.RAW_STRING) {
            throw unexpected(t, context);
        }
        return unquote(t);
    }

    private Node.Pipe pipeline(String context, Type end) {
        int pos = peekNonSpace().pos();
        List<String> declared = new ArrayList<>(2);
        boolean assign = false;
        while (peekNonSpace().type() == Type.VARIABLE) {
            int mark = mark();
            Token v = next();
            Token t = peekNonSpace();
            if (t.type() == Type.ASSIGN || t.type() == Type.DECLARE) {
                assign = t.type() == Type.ASSIGN;
                nextNonSpace();
                declared.add(v.value());
                variables.add(v.value());
                break;
            }
            if (t.type() != Type.CHAR || !t.value().equals(",")) {
                reset(mark);
                break;
            }
            nextNonSpace();
            declared.add(v.value());
            variables.add(v.value());
            if (!context.equals("range") || declared.size() > 1) {
                throw error("too many declarations in " + context);
            }
            Type then = peekNonSpace().type();
            if (then != Type.VARIABLE && then != Type.RIGHT_DELIM && then != Type.RIGHT_PAREN) {
                throw error("range can only initialize variables");
            }
        }
        List<Node.Command> commands = new ArrayList<>(2);
        while (true) {
            Token t = nextNonSpace();
            if (t.type() == end) {
                check(commands, context);
                return new Node.Pipe(pos, assign, declared, commands);
            }
            switch (t.type()) {
                case BOOL, CHAR_CONSTANT, DOT, FIELD, IDENTIFIER, NUMBER, NIL, RAW_STRING, STRING, VARIABLE, LEFT_PAREN -> {
                    back();
                    commands.add(command());
                }
                default -> throw unexpected(t, context);
            }
        }
    }

    private void check(List<Node.Command> commands, String context) {
        if (commands.isEmpty()) {
            throw error("missing value for " + context);
        }
        for (int i = 1; i < commands.size(); i++) {
            Node first = commands.get(i).args().getFirst();
            if (first instanceof Node.Bool || first instanceof Node.Dot || first instanceof Node.Nil || first instanceof Node.Number
                || first instanceof Node.Str) {
                throw error("non executable command in pipeline stage " + (i + 1));
            }
        }
    }

    private Node.Command command() {
        List<Node> args = new ArrayList<>(4);
        int pos = peekNonSpace().pos();
        while (true) {
            peekNonSpace();
            Node operand = operand();
            if (operand != null) {
                args.add(operand);
            }
            Token t = next();
            if (t.type() == Type.SPACE) {
                continue;
            }
            if (t.type() == Type.RIGHT_DELIM || t.type() == Type.RIGHT_PAREN) {
                back();
            } else if (t.type() != Type.PIPE) {
                throw unexpected(t, "operand");
            }
            break;
        }
        if (args.isEmpty()) {
            throw error("empty command");
        }
        return new Node.Command(pos, args);
    }

    private Node operand() {
        Node node = term();
        if (node == null || peek().type() != Type.FIELD) {
            return node;
        }
        int pos = peek().pos();
        List<String> path = new ArrayList<>();
        while (peek().type() == Type.FIELD) {
            path.add(next().value().substring(1));
        }
        return switch (node) {
            case Node.Field f -> new Node.Field(pos, join(f.path(), path));
            case Node.Variable v -> new Node.Variable(pos, join(v.path(), path));
            case Node.Bool _, Node.Str _, Node.Number _, Node.Nil _, Node.Dot _ ->
                throw error("unexpected . after term " + GoFormat.quote(node.toString()));
            default -> new Node.Chain(pos, node, path);
        };
    }

    private static List<String> join(List<String> a, List<String> b) {
        List<String> all = new ArrayList<>(a);
        all.addAll(b);
        return all;
    }

    private Node term() {
        Token t = nextNonSpace();
        switch (t.type()) {
            case IDENTIFIER:
                Function f = functions.find(t.value());
                if (f == null) {
                    throw error("function " + GoFormat.quote(t.value()) + " not defined");
                }
                return new Node.Identifier(t.pos(), t.value(), f);
            case DOT:
                return new Node.Dot(t.pos());
            case NIL:
                return new Node.Nil(t.pos());
            case VARIABLE:
                if (!variables.contains(t.value())) {
                    throw error("undefined variable " + GoFormat.quote(t.value()));
                }
                return new Node.Variable(t.pos(), List.of(t.value()));
            case FIELD:
                return new Node.Field(t.pos(), List.of(t.value().substring(1)));
            case BOOL:
                return new Node.Bool(t.pos(), t.value().equals("true"));
            case CHAR_CONSTANT, NUMBER:
                return new Node.Number(t.pos(), number(t), t.value());
            case LEFT_PAREN:
                return pipeline("parenthesized pipeline", Type.RIGHT_PAREN);
            case STRING, RAW_STRING:
                return new Node.Str(t.pos(), unquote(t), t.value());
            default:
                back();
                return null;
        }
    }

    private Object number(Token t) {
        try {
            return GoNumber.literal(t.value());
        } catch (NumberFormatException e) {
            throw error(e.getMessage());
        }
    }

    private String unquote(Token t) {
        String s = GoFormat.unquote(t.value());
        if (s == null) {
            throw error("invalid syntax");
        }
        return s;
    }

    private void popVariables(int n) {
        while (variables.size() > n) {
            variables.removeLast();
        }
    }
}
