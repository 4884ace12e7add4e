package io.skerry.helm.template;

import io.skerry.helm.template.Function.Param;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs one template. {@code template} and the include function run others in executors of their own. */
final class Executor {
    /** A tenth of Go's, to end in an error and not in a stack overflow. */
    private static final int MAX_DEPTH = 10_000;
    /** Stands for "no value from the pipeline", which is not nil. */
    private static final Object NONE = new Object();
    /** How a missing or nil value prints; Helm cuts it out of its output. */
    private static final String NO_VALUE = "<no value>";
    private static final String INTERFACE = "interface {}";

    private enum Flow { NEXT, BREAK, CONTINUE }

    private final TemplateSet set;
    private final Template template;
    private final Object data;
    private final StringBuilder out;
    private final int depth;
    private final List<String> names = new ArrayList<>();
    private final List<Object> values = new ArrayList<>();
    private Node at;

    Executor(TemplateSet set, Template template, Object data, StringBuilder out, int depth) {
        this.set = set;
        this.template = template;
        this.data = data;
        this.out = out;
        this.depth = depth;
        this.at = template.root();
    }

    void run() {
        push("$", data);
        walk(data, template.root());
    }

    private Flow walk(Object dot, Node node) {
        at = node;
        switch (node) {
            case Node.Text t -> out.append(t.text());
            case Node.Nodes list -> {
                List<Node> nodes = list.nodes();
                for (int i = 0; i < nodes.size(); i++) {
                    Flow f = walk(dot, nodes.get(i));
                    if (f != Flow.NEXT) {
                        return f;
                    }
                }
            }
            case Node.Action a -> {
                Object v = pipeline(dot, a.pipe());
                if (a.pipe().declared().isEmpty()) {
                    print(a, v);
                }
            }
            case Node.Branch b -> {
                return branch(dot, b);
            }
            case Node.Range r -> range(dot, r);
            case Node.Call c -> call(dot, c);
            case Node.Break _ -> {
                return Flow.BREAK;
            }
            case Node.Continue _ -> {
                return Flow.CONTINUE;
            }
            default -> throw error("unknown node: " + node);
        }
        return Flow.NEXT;
    }

    private Flow branch(Object dot, Node.Branch b) {
        int mark = names.size();
        try {
            Object v = pipeline(dot, b.pipe());
            if (GoValue.truth(v)) {
                return walk(b.with() ? v : dot, b.list());
            }
            return b.elseList() == null ? Flow.NEXT : walk(dot, b.elseList());
        } finally {
            pop(mark);
        }
    }

    private void range(Object dot, Node.Range r) {
        int outer = names.size();
        Object v = pipeline(dot, r.pipe());
        int mark = names.size();
        boolean any = false;
        switch (v) {
            case null -> { }
            case List<?> list -> {
                for (int i = 0; i < list.size(); i++) {
                    any = true;
                    if (iterate(r, mark, i, list.get(i)) == Flow.BREAK) {
                        break;
                    }
                }
            }
            case Map<?, ?> map -> {
                // The body may change the map (set, unset): keys and values are taken first, as Go does.
                List<String> keys = GoFormat.sortedKeys(map);
                List<Object> items = new ArrayList<>(keys.size());
                for (String k : keys) {
                    items.add(map.get(k));
                }
                for (int i = 0; i < keys.size(); i++) {
                    any = true;
                    if (iterate(r, mark, keys.get(i), items.get(i)) == Flow.BREAK) {
                        break;
                    }
                }
            }
            case byte[] bytes -> {
                for (int i = 0; i < bytes.length; i++) {
                    any = true;
                    if (iterate(r, mark, i, bytes[i]) == Flow.BREAK) {
                        break;
                    }
                }
            }
            case Object n when GoValue.isInteger(n) -> {
                if (r.pipe().declared().size() > 1) {
                    throw error("can't use " + GoFormat.value(n) + " to iterate over more than one variable");
                }
                long count = ((Number) n).longValue();
                for (long i = 0; i < count; i++) {
                    any = true;
                    Object index = n instanceof Integer ? GoValue.integer(i) : (Object) i;
                    if (iterate(r, mark, index, index) == Flow.BREAK) {
                        break;
                    }
                }
            }
            default -> throw error("range can't iterate over " + GoFormat.value(v));
        }
        if (!any && r.elseList() != null) {
            walk(dot, r.elseList());
        }
        pop(outer);
    }

    private Flow iterate(Node.Range r, int mark, Object index, Object item) {
        List<String> declared = r.pipe().declared();
        if (!declared.isEmpty()) {
            if (r.pipe().assign()) {
                assign(declared.getFirst(), declared.size() > 1 ? index : item);
                if (declared.size() > 1) {
                    assign(declared.get(1), item);
                }
            } else {
                values.set(mark - declared.size(), declared.size() > 1 ? index : item);
                if (declared.size() > 1) {
                    values.set(mark - 1, item);
                }
            }
        }
        Flow f = walk(item, r.list());
        pop(mark);
        return f;
    }

    private void call(Object dot, Node.Call c) {
        Template t = set.find(c.name());
        if (t == null) {
            throw error("template " + GoFormat.quote(c.name()) + " not defined");
        }
        if (depth == MAX_DEPTH) {
            throw error("exceeded maximum template depth (" + MAX_DEPTH + ")");
        }
        new Executor(set, t, c.pipe() == null ? null : pipeline(dot, c.pipe()), out, depth + 1).run();
    }

    private Object pipeline(Object dot, Node.Pipe pipe) {
        at = pipe;
        Object value = NONE;
        List<Node.Command> commands = pipe.commands();
        for (int i = 0; i < commands.size(); i++) {
            value = command(dot, commands.get(i), value);
        }
        List<String> declared = pipe.declared();
        for (int i = 0; i < declared.size(); i++) {
            if (pipe.assign()) {
                assign(declared.get(i), value);
            } else {
                push(declared.get(i), value);
            }
        }
        return value;
    }

    private Object command(Object dot, Node.Command cmd, Object last) {
        List<Node> args = cmd.args();
        Node first = args.getFirst();
        switch (first) {
            case Node.Field f -> {
                at = f;
                return fields(dot, dot, f, f.path(), 0, args, last);
            }
            case Node.Chain c -> {
                return chain(dot, c, args, last);
            }
            case Node.Identifier id -> {
                return function(dot, id, cmd, args, last);
            }
            case Node.Pipe p -> {
                notFunction(args, last);
                return pipeline(dot, p);
            }
            case Node.Variable v -> {
                return variable(dot, v, args, last);
            }
            default -> { }
        }
        at = first;
        notFunction(args, last);
        return switch (first) {
            case Node.Bool b -> b.value();
            case Node.Dot _ -> dot;
            case Node.Nil _ -> throw error("nil is not a command");
            case Node.Number n -> n.value();
            case Node.Str s -> s.value();
            default -> throw error("can't evaluate command " + GoFormat.quote(first.toString()));
        };
    }

    private void notFunction(List<Node> args, Object last) {
        if (args.size() > 1 || last != NONE) {
            throw error("can't give argument to non-function " + args.getFirst());
        }
    }

    private Object variable(Object dot, Node.Variable v, List<Node> args, Object last) {
        at = v;
        Object value = values.get(indexOf(v.path().getFirst()));
        if (v.path().size() == 1) {
            notFunction(args, last);
            return value;
        }
        return fields(dot, value, v, v.path(), 1, args, last);
    }

    private Object chain(Object dot, Node.Chain c, List<Node> args, Object last) {
        at = c;
        if (c.node() instanceof Node.Nil) {
            throw error("indirection through explicit nil in " + c);
        }
        Object v = argument(dot, Param.ANY, c.node());
        return fields(dot, v, c, c.path(), 0, args, last);
    }

    /** .A.B.C of a value; arguments go to the last one. */
    private Object fields(Object dot, Object receiver, Node node, List<String> path, int from, List<Node> args, Object last) {
        Object v = receiver;
        // Go tells a value that is not there (a nil dot, variable or pipeline), whose fields are not there either, from a nil found in a map.
        if (v == null) {
            return null;
        }
        String type = null;
        int n = path.size();
        for (int i = from; i < n; i++) {
            boolean end = i == n - 1;
            v = field(dot, v, type, path.get(i), node, end ? args : null, end ? last : NONE);
            type = INTERFACE;
        }
        return v;
    }

    private Object field(Object dot, Object receiver, String type, String name, Node node, List<Node> args, Object last) {
        boolean hasArgs = args != null && args.size() > 1 || last != NONE;
        if (receiver instanceof GoObject o) {
            Function m = o.method(name);
            if (m != null) {
                return invoke(dot, m, node, args, last);
            }
            Object v = o.field(name);
            if (v != GoObject.ABSENT) {
                if (hasArgs) {
                    throw error(name + " has arguments but cannot be invoked as function");
                }
                return v;
            }
        }
        switch (receiver) {
            case null -> throw error("nil pointer evaluating " + type + "." + name);
            case Map<?, ?> m -> {
                if (hasArgs) {
                    throw error(name + " is not a method but has arguments");
                }
                Object v = m.get(name);
                return v == null && m instanceof TypedMap t && t.ofStrings() ? "" : v;
            }
            default -> throw error("can't evaluate field " + name + " in type " + (type == null ? GoValue.typeName(receiver) : type));
        }
    }

    private Object function(Object dot, Node.Identifier id, Node cmd, List<Node> args, Object last) {
        at = id;
        Function f = id.function();
        if (f.body() == Builtins.AND || f.body() == Builtins.OR) {
            checkCount(f, args, last);
            return shortCircuit(dot, f.body() == Builtins.OR, args, last);
        }
        return invoke(dot, f, cmd, args, last);
    }

    /** @return the number of arguments */
    private int checkCount(Function f, List<Node> args, Object last) {
        int given = (args == null ? 0 : args.size() - 1) + (last == NONE ? 0 : 1);
        int fixed = f.variadic() ? f.params().length - 1 : f.params().length;
        if (given < fixed || !f.variadic() && given > fixed) {
            throw error("wrong number of args for " + f.name() + ": want " + (f.variadic() ? "at least " : "") + fixed + " got " + given);
        }
        return given;
    }

    /** @param node what errors of the function itself point at */
    private Object invoke(Object dot, Function f, Node node, List<Node> args, Object last) {
        int given = checkCount(f, args, last);
        Object[] values = new Object[given];
        int n = last == NONE ? given : given - 1;
        for (int i = 0; i < n; i++) {
            values[i] = argument(dot, f.param(i), args.get(i + 1));
        }
        if (last != NONE) {
            // In Go a nil that comes down a pipeline has lost its type, where one that is an argument still is an interface {}.
            values[n] = convert(f.param(n), last, true);
        }
        try {
            return f.body().call(values);
        } catch (FunctionException | TemplateException e) {
            throw error(node, "error calling " + f.name() + ": " + e.getMessage());
        } catch (RuntimeException e) {
            // As Go turns a panic of a function into its error.
            throw error(node, "error calling " + f.name() + ": " + e);
        }
    }

    private Object shortCircuit(Object dot, boolean or, List<Node> args, Object last) {
        Object v = null;
        for (int i = 1; i < args.size(); i++) {
            v = argument(dot, Param.ANY, args.get(i));
            if (GoValue.truth(v) == or) {
                return v;
            }
        }
        return last == NONE ? v : last;
    }

    private Object argument(Object dot, Param type, Node n) {
        at = n;
        switch (n) {
            case Node.Dot _ -> {
                return convert(type, dot, true);
            }
            case Node.Nil _ -> {
                if (!Arguments.nillable(type)) {
                    throw error("cannot assign nil to " + type.goName);
                }
                return null;
            }
            case Node.Field f -> {
                return convert(type, fields(dot, dot, f, f.path(), 0, null, NONE), dot == null);
            }
            case Node.Variable v -> {
                return convert(type, variable(dot, v, List.of(v), NONE), v.path().size() == 1);
            }
            case Node.Pipe p -> {
                return convert(type, pipeline(dot, p), true);
            }
            case Node.Identifier id -> {
                return convert(type, function(dot, id, id, null, NONE), false);
            }
            case Node.Chain c -> {
                return convert(type, chain(dot, c, List.of(c), NONE), false);
            }
            default -> { }
        }
        try {
            return Arguments.constant(type, n);
        } catch (FunctionException e) {
            throw error(e.getMessage());
        }
    }

    private Object convert(Param type, Object v, boolean untyped) {
        try {
            Arguments.check(type, v, untyped);
            return v;
        } catch (FunctionException e) {
            throw error(e.getMessage());
        }
    }

    private void print(Node n, Object v) {
        at = n;
        if (v == null) {
            out.append(NO_VALUE);
        } else {
            GoFormat.value(out, v);
        }
    }

    private void push(String name, Object value) {
        names.add(name);
        values.add(value);
    }

    private void pop(int mark) {
        while (names.size() > mark) {
            names.removeLast();
            values.removeLast();
        }
    }

    private int indexOf(String name) {
        for (int i = names.size() - 1; i >= 0; i--) {
            if (names.get(i).equals(name)) {
                return i;
            }
        }
        throw error("undefined variable: " + name);
    }

    private void assign(String name, Object value) {
        values.set(indexOf(name), value);
    }

    private TemplateException error(Node node, String problem) {
        at = node;
        return error(problem);
    }

    private TemplateException error(String problem) {
        return new TemplateException("template: " + template.location(at.pos()) + ": executing " + GoFormat.quote(template.name()) + " at <" + at + ">: " + problem);
    }
}
