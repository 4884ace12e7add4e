package io.skerry.machinery.cel;

import com.google.common.collect.ImmutableSet;
import dev.cel.common.CelOptions;
import dev.cel.common.Operator;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelRuntimeBuilder;
import dev.cel.runtime.CelRuntimeLibrary;
import dev.cel.runtime.CelStandardFunctions;
import dev.cel.runtime.CelStandardFunctions.StandardFunction;
import dev.cel.runtime.RuntimeEquality;
import dev.cel.runtime.RuntimeHelpers;
import dev.cel.runtime.standard.AddOperator.AddOverload;
import dev.cel.runtime.standard.InOperator.InOverload;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The operators that depend on the type of a list: {@code ==}, {@code !=}, {@code in} and {@code +} with the semantics of Kubernetes
 * (k8s.io/apiserver/pkg/cel/common, valuesunstructured.go). As there, the list on the left says how the two are compared.
 */
final class CelEquality implements CelRuntimeLibrary {
    private static final CelOptions OPTIONS = CelOptions.current().enableHeterogeneousNumericComparisons(true).build();
    private static final RuntimeEquality STANDARD = RuntimeEquality.create(RuntimeHelpers.create(), OPTIONS);

    /** cel-spec's functions without those that are here. */
    static CelStandardFunctions others() {
        return CelStandardFunctions.newBuilder().excludeFunctions(StandardFunction.EQUALS, StandardFunction.NOT_EQUALS, StandardFunction.IN, StandardFunction.ADD).build();
    }

    @Override
    public void setRuntimeOptions(CelRuntimeBuilder runtime) {
        runtime.addFunctionBindings(one(Operator.EQUALS, CelFunctionBinding.from("equals", Object.class, Object.class, CelEquality::same)));
        runtime.addFunctionBindings(one(Operator.NOT_EQUALS, CelFunctionBinding.from("not_equals", Object.class, Object.class, (a, b) -> !same(a, b))));
        runtime.addFunctionBindings(CelFunctionBinding.fromOverloads(Operator.IN.getFunction(),
                CelFunctionBinding.from("in_list", Object.class, List.class, CelEquality::contains), InOverload.IN_MAP.newFunctionBinding(OPTIONS, STANDARD)));
        List<CelFunctionBinding> add = new ArrayList<>();
        for (AddOverload overload : AddOverload.values()) {
            add.add(overload == AddOverload.ADD_LIST ? CelFunctionBinding.from("add_list", List.class, List.class, CelEquality::concatenated)
                    : overload.newFunctionBinding(OPTIONS, STANDARD));
        }
        runtime.addFunctionBindings(CelFunctionBinding.fromOverloads(Operator.ADD.getFunction(), add));
    }

    private static ImmutableSet<CelFunctionBinding> one(Operator operator, CelFunctionBinding binding) {
        return CelFunctionBinding.fromOverloads(operator.getFunction(), binding);
    }

    private static boolean contains(Object item, List<?> list) {
        return list.stream().anyMatch(each -> same(each, item));
    }

    @SuppressWarnings("unchecked")
    private static List<?> concatenated(List<?> first, List<?> second) {
        return first instanceof AssociativeList list ? list.plus(second) : RuntimeHelpers.concat((List<Object>) first, (List<Object>) second);
    }

    static boolean same(Object a, Object b) {
        if (a == b) {
            return true;
        }
        return switch (a) {
            case AssociativeList list -> b instanceof List<?> other && list.same(other);
            case List<?> list -> b instanceof List<?> other && inOrder(list, other);
            case SchemaObject object when b instanceof SchemaObject other -> object.same(other);
            case Map<?, ?> map -> b instanceof Map<?, ?> other && fields(map, other);
            default -> STANDARD.objectEquals(a, b);
        };
    }

    private static boolean inOrder(List<?> list, List<?> other) {
        if (list.size() != other.size()) {
            return false;
        }
        Iterator<?> its = other.iterator();
        return list.stream().allMatch(each -> same(each, its.next()));
    }

    private static boolean fields(Map<?, ?> map, Map<?, ?> other) {
        if (map.size() != other.size()) {
            return false;
        }
        return map.entrySet().stream().allMatch(entry -> {
            Optional<Object> counterpart = STANDARD.findInMap(other, entry.getKey());
            return counterpart.isPresent() && same(entry.getValue(), counterpart.get());
        });
    }
}
