package io.skerry.helm.template;

import java.util.List;

/** The syntax tree of a template. {@code toString} gives the source form that errors quote. {@code pos} is an offset in the template's text. */
sealed interface Node {
    int pos();

    record Text(int pos, String text) implements Node {
        @Override
        public String toString() {
            return text;
        }
    }

    record Nodes(int pos, List<Node> nodes) implements Node {
        /** Whether nothing but white space and definitions is in it. */
        boolean isEmpty() {
            for (Node n : nodes) {
                if (!(n instanceof Text t && t.text.isBlank())) {
                    return false;
                }
            }
            return true;
        }
    }

    record Action(int pos, Pipe pipe) implements Node {
        @Override
        public String toString() {
            return "{{" + pipe + "}}";
        }
    }

    /** if or with. */
    record Branch(int pos, boolean with, Pipe pipe, Nodes list, Nodes elseList) implements Node {}

    record Range(int pos, Pipe pipe, Nodes list, Nodes elseList) implements Node {}

    record Break(int pos) implements Node {}

    record Continue(int pos) implements Node {}

    /** Ends a list; the parser keeps none in a tree. */
    record End(int pos) implements Node {
        @Override
        public String toString() {
            return "{{end}}";
        }
    }

    /** Ends a list; the parser keeps none in a tree. */
    record Else(int pos) implements Node {
        @Override
        public String toString() {
            return "{{else}}";
        }
    }

    /** @param pipe null for none */
    record Call(int pos, String name, Pipe pipe) implements Node {
        @Override
        public String toString() {
            return "{{template " + GoFormat.quote(name) + (pipe == null ? "" : " " + pipe) + "}}";
        }
    }

    record Pipe(int pos, boolean assign, List<String> declared, List<Command> commands) implements Node {
        @Override
        public String toString() {
            StringBuilder out = new StringBuilder();
            for (int i = 0; i < declared.size(); i++) {
                out.append(i == 0 ? "" : ", ").append(declared.get(i));
            }
            if (!declared.isEmpty()) {
                out.append(assign ? " = " : " := ");
            }
            for (int i = 0; i < commands.size(); i++) {
                out.append(i == 0 ? "" : " | ").append(commands.get(i));
            }
            return out.toString();
        }
    }

    record Command(int pos, List<Node> args) implements Node {
        @Override
        public String toString() {
            StringBuilder out = new StringBuilder();
            for (int i = 0; i < args.size(); i++) {
                Node n = args.get(i);
                out.append(i == 0 ? "" : " ").append(n instanceof Pipe ? "(" + n + ")" : n.toString());
            }
            return out.toString();
        }
    }

    /** @param function looked up while parsing */
    record Identifier(int pos, String name, Function function) implements Node {
        @Override
        public String toString() {
            return name;
        }
    }

    /** @param path the variable's name with its $, then fields */
    record Variable(int pos, List<String> path) implements Node {
        @Override
        public String toString() {
            return String.join(".", path);
        }
    }

    record Dot(int pos) implements Node {
        @Override
        public String toString() {
            return ".";
        }
    }

    record Nil(int pos) implements Node {
        @Override
        public String toString() {
            return "nil";
        }
    }

    record Field(int pos, List<String> path) implements Node {
        @Override
        public String toString() {
            return "." + String.join(".", path);
        }
    }

    record Chain(int pos, Node node, List<String> path) implements Node {
        @Override
        public String toString() {
            return (node instanceof Pipe ? "(" + node + ")" : node.toString()) + "." + String.join(".", path);
        }
    }

    record Bool(int pos, boolean value) implements Node {
        @Override
        public String toString() {
            return Boolean.toString(value);
        }
    }

    /** @param value Integer or Long (an int), or Double */
    record Number(int pos, Object value, String text) implements Node {
        @Override
        public String toString() {
            return text;
        }
    }

    record Str(int pos, String value, String quoted) implements Node {
        @Override
        public String toString() {
            return quoted;
        }
    }
}
