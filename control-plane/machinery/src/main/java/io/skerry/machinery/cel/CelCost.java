package io.skerry.machinery.cel;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.CelCall;
import dev.cel.common.ast.CelExpr.CelComprehension;
import dev.cel.common.ast.CelExpr.CelSelect;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import dev.cel.common.ast.CelReference;
import dev.cel.common.types.CelKind;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import io.skerry.machinery.cel.CallCost.Operand;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What an expression costs at most for the largest values its schema allows, by cel-go's rules (checker, cost.go): Kubernetes takes and refuses rules
 * by these numbers, so they are to be the same. For one expression.
 */
final class CelCost {
    private static final CostRange LIST = CostRange.fixed(10);
    private static final CostRange MAP = CostRange.fixed(30);
    private static final CostRange MESSAGE = CostRange.fixed(40);

    private final CelAbstractSyntaxTree tree;
    private final JsonNode schema;
    private final boolean root;
    private final Map<Long, List<String>> paths = new HashMap<>();
    private final Map<String, Deque<Local>> locals = new HashMap<>();
    private final Map<Long, CostRange> sizes = new HashMap<>();
    private final Map<Long, Entries> entries = new HashMap<>();

    /** What is known of the entries of a list or map. */
    private record Entries(boolean list, CostRange key, CostRange value) {

        static Entries union(Entries a, Entries b) {
            return a == null || b == null ? null : new Entries(a.list, a.key.union(b.key), a.value.union(b.value));
        }
    }

    /** A variable of a macro. @param size and @param entries null when nothing is known */
    private record Local(List<String> path, CostRange size, Entries entries) {
    }

    private CelCost(CelAbstractSyntaxTree tree, JsonNode schema, boolean root) {
        this.tree = tree;
        this.schema = schema;
        this.root = root;
    }

    static long max(CelAbstractSyntaxTree tree, JsonNode schema, boolean root) {
        return new CelCost(tree, schema, root).cost(tree.getExpr()).max();
    }

    private CostRange cost(CelExpr e) {
        return switch (e.getKind()) {
            case CONSTANT, NOT_SET -> CostRange.NONE;
            case IDENT -> {
                Local local = local(e.ident().name());
                paths.put(e.id(), local == null ? List.of(e.ident().name()) : local.path());
                yield CostRange.ONE;
            }
            case SELECT -> select(e, e.select());
            case CALL -> call(e, e.call());
            case LIST -> list(e);
            case MAP -> map(e);
            case STRUCT -> e.struct().entries().stream().map(entry -> cost(entry.value())).reduce(MESSAGE, CostRange::plus);
            case COMPREHENSION -> isBind(e.comprehension()) ? bind(e, e.comprehension()) : comprehension(e, e.comprehension());
        };
    }

    private CostRange select(CelExpr e, CelSelect select) {
        CostRange cost = cost(select.operand());
        if (select.testOnly()) {
            return cost;
        }
        CelKind kind = type(select.operand()).kind();
        paths.put(e.id(), longer(path(select.operand()), select.field()));
        return kind == CelKind.MAP || kind == CelKind.STRUCT || kind == CelKind.TYPE_PARAM ? cost.plus(CostRange.ONE) : cost;
    }

    private CostRange call(CelExpr e, CelCall call) {
        if (call.function().equals("dyn")) {
            CostRange cost = cost(call.args().getFirst());
            copySizes(e, call.args().getFirst());
            return cost.plus(CostRange.ONE);
        }
        List<CostRange> costs = new ArrayList<>();
        List<Operand> arguments = new ArrayList<>();
        for (CelExpr argument : call.args()) {
            costs.add(cost(argument));
            arguments.add(operand(argument));
        }
        List<String> overloads = tree.getReference(e.id()).map(CelReference::overloadIds).orElse(ImmutableList.of());
        if (overloads.isEmpty()) {
            return CostRange.NONE;
        }
        CostRange targetCost = call.target().map(this::cost).orElse(CostRange.NONE);
        Operand target = call.target().map(this::operand).orElse(null);
        CostRange cost = CostRange.EMPTY;
        CostRange size = null;
        for (String overload : overloads) {
            CallCost one = function(e, call.function(), overload, target, arguments, costs);
            cost = cost.union(one.cost());
            if (one.size() != null) {
                size = size == null ? one.size() : size.union(one.size());
            }
            if (overload.equals("index_list") || overload.equals("index_map")) {
                Entries known = entries(call.args().getFirst());
                size = known == null ? null : known.value();
                paths.put(e.id(), longer(path(call.args().getFirst()), overload.equals("index_list") ? "@items" : "@values"));
            }
            size = size == null ? size(e) : size;
        }
        if (size != null) {
            sizes.put(e.id(), size);
        }
        return targetCost.plus(cost);
    }

    private CallCost function(CelExpr e, String function, String overload, Operand target, List<Operand> arguments, List<CostRange> costs) {
        CostRange sum = costs.stream().reduce(CostRange.NONE, CostRange::plus);
        CallCost library = CallCost.ofLibrary(function, overload, target, arguments, path -> SchemaSize.of(path, schema, root));
        if (library != null) {
            return new CallCost(library.cost().plus(sum), library.size());
        }
        switch (overload) {
            case "logical_or", "logical_and" -> {
                return new CallCost(new CostRange(costs.get(0).min(), sum.max()), null);
            }
            case "conditional" -> {
                setEntries(e, Entries.union(entries(arguments.get(1).expression()), entries(arguments.get(2).expression())));
                return new CallCost(costs.get(0).plus(costs.get(1).union(costs.get(2))), arguments.get(1).sizeOrUnknown().union(arguments.get(2).sizeOrUnknown()));
            }
            case "add_string", "add_bytes", "add_list" -> setEntries(e, Entries.union(entries(arguments.get(0).expression()), entries(arguments.get(1).expression())));
            default -> { }
        }
        CallCost standard = CallCost.ofStandard(overload, target, arguments);
        return new CallCost(standard.cost().plus(sum), standard.size());
    }

    private CostRange list(CelExpr e) {
        CostRange cost = LIST;
        CostRange items = e.list().elements().isEmpty() ? CostRange.NONE : CostRange.EMPTY;
        for (CelExpr item : e.list().elements()) {
            cost = cost.plus(cost(item));
            items = items.union(sizeOrUnknown(item));
        }
        setEntries(e, new Entries(true, CostRange.ONE, items));
        return cost;
    }

    private CostRange map(CelExpr e) {
        CostRange cost = MAP;
        CostRange keys = e.map().entries().isEmpty() ? CostRange.NONE : CostRange.EMPTY;
        CostRange values = keys;
        for (CelExpr.CelMap.Entry entry : e.map().entries()) {
            cost = cost.plus(cost(entry.key())).plus(cost(entry.value()));
            keys = keys.union(sizeOrUnknown(entry.key()));
            values = values.union(sizeOrUnknown(entry.value()));
        }
        setEntries(e, new Entries(false, keys, values));
        return cost;
    }

    private CostRange comprehension(CelExpr e, CelComprehension loop) {
        CostRange cost = cost(loop.iterRange()).plus(cost(loop.accuInit()));
        push(loop.accuVar(), new Local(path(loop.accuInit()), size(loop.accuInit()), entries(loop.accuInit())));
        Entries known = entries(loop.iterRange());
        boolean list = known == null ? type(loop.iterRange()).kind() == CelKind.LIST : known.list();
        List<String> range = path(loop.iterRange());
        Local keys = new Local(longer(range, list ? "@indices" : "@keys"), known == null ? null : known.key(), null);
        Local values = new Local(longer(range, list ? "@items" : "@values"), known == null ? null : known.value(), null);
        boolean two = !loop.iterVar2().isEmpty();
        push(loop.iterVar(), two || !list ? keys : values);
        if (two) {
            push(loop.iterVar2(), values);
        }
        CostRange step = cost(loop.loopCondition()).plus(cost(loop.loopStep()));
        locals.get(loop.iterVar()).pop();
        if (two) {
            locals.get(loop.iterVar2()).pop();
        }
        cost = cost.plus(cost(loop.result()));
        locals.get(loop.accuVar()).pop();
        CostRange times = sizeOrUnknown(loop.iterRange());
        switch (loop.accuInit().getKind()) {
            case CONSTANT -> setSize(e, size(loop.accuInit()));
            case LIST, MAP -> {
                setSize(e, times);
                setEntries(e, entries(loop.loopStep()));
            }
            default -> { }
        }
        return cost.plus(times.times(step));
    }

    /** A variable that a macro such as optMap declares: a loop that is never run. */
    private static boolean isBind(CelComprehension loop) {
        return loop.iterRange().getKind() == Kind.LIST && loop.iterRange().list().elements().isEmpty() && loop.loopCondition().getKind() == Kind.CONSTANT
                && loop.loopCondition().constant().getKind() == CelConstant.Kind.BOOLEAN_VALUE && !loop.loopCondition().constant().booleanValue()
                && !loop.accuVar().startsWith("@result") && !loop.accuVar().equals("__result__");
    }

    private CostRange bind(CelExpr e, CelComprehension loop) {
        CostRange cost = cost(loop.iterRange()).plus(cost(loop.accuInit()));
        push(loop.accuVar(), new Local(path(loop.accuInit()), size(loop.accuInit()), entries(loop.accuInit())));
        cost = cost.plus(cost(loop.result()));
        locals.get(loop.accuVar()).pop();
        copySizes(e, loop.result());
        return cost;
    }

    private Operand operand(CelExpr e) {
        return new Operand(e, type(e), path(e), size(e));
    }

    private CelType type(CelExpr e) {
        return tree.getType(e.id()).orElse(SimpleType.DYN);
    }

    private List<String> path(CelExpr e) {
        Local local = e.getKind() == Kind.IDENT ? local(e.ident().name()) : null;
        return local == null ? paths.getOrDefault(e.id(), List.of()) : local.path();
    }

    private static List<String> longer(List<String> path, String step) {
        List<String> longer = new ArrayList<>(path);
        longer.add(step);
        return longer;
    }

    private void push(String name, Local local) {
        locals.computeIfAbsent(name, n -> new ArrayDeque<>()).push(local);
    }

    private Local local(String name) {
        Deque<Local> stack = locals.get(name);
        return stack == null ? null : stack.peek();
    }

    private void copySizes(CelExpr to, CelExpr from) {
        setSize(to, size(from));
        setEntries(to, entries(from));
    }

    private void setSize(CelExpr e, CostRange size) {
        if (size != null) {
            sizes.put(e.id(), size);
        }
    }

    private void setEntries(CelExpr e, Entries known) {
        if (known != null) {
            entries.put(e.id(), known);
        }
    }

    private Entries entries(CelExpr e) {
        Entries known = entries.get(e.id());
        Local local = known == null && e.getKind() == Kind.IDENT ? local(e.ident().name()) : null;
        return local == null ? known : local.entries();
    }

    private CostRange sizeOrUnknown(CelExpr e) {
        CostRange size = size(e);
        return size == null ? CostRange.UNKNOWN : size;
    }

    /** What {@code size()} of the value could be; 1 for scalars, null when nothing is known. */
    private CostRange size(CelExpr e) {
        CostRange size = sizes.get(e.id());
        if (size != null) {
            return size;
        }
        switch (e.getKind()) {
            case CONSTANT -> {
                return CostRange.fixed(switch (e.constant().getKind()) {
                    case STRING_VALUE -> e.constant().stringValue().codePointCount(0, e.constant().stringValue().length());
                    case BYTES_VALUE -> e.constant().bytesValue().size();
                    default -> 1;
                });
            }
            case LIST -> {
                return CostRange.fixed(e.list().elements().size());
            }
            case MAP -> {
                return CostRange.fixed(e.map().entries().size());
            }
            default -> { }
        }
        size = SchemaSize.of(path(e), schema, root);
        if (size != null) {
            sizes.put(e.id(), size);
            return size;
        }
        if (isScalar(type(e))) {
            return CostRange.ONE;
        }
        Local local = e.getKind() == Kind.IDENT ? local(e.ident().name()) : null;
        return local == null ? null : local.size();
    }

    private static boolean isScalar(CelType type) {
        return switch (type.kind()) {
            case BOOL, DOUBLE, DURATION, INT, TIMESTAMP, UINT -> true;
            case OPAQUE -> type.name().equals("optional_type") && isScalar(type.parameters().getFirst());
            default -> false;
        };
    }
}
