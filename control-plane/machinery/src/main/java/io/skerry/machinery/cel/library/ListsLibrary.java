package io.skerry.machinery.cel.library;

import static io.skerry.machinery.cel.library.Arguments.ANY_A;
import static io.skerry.machinery.cel.library.Arguments.LIST_OF_A;
import static io.skerry.machinery.cel.library.Arguments.listOf;

import com.google.common.primitives.UnsignedLong;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.values.CelByteString;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Kubernetes' list functions: isSorted, sum, min, max, indexOf, lastIndexOf (k8s.io/apiserver/pkg/cel/library, lists.go). */
final class ListsLibrary {
    private static final Map<String, CelType> COMPARABLE = Map.of("int", SimpleType.INT, "uint", SimpleType.UINT, "double", SimpleType.DOUBLE, "bool", SimpleType.BOOL,
            "duration", SimpleType.DURATION, "timestamp", SimpleType.TIMESTAMP, "string", SimpleType.STRING, "bytes", SimpleType.BYTES);
    private static final List<String> SUMMABLE = List.of("int", "uint", "double", "duration");

    private ListsLibrary() {
    }

    static void declare(Functions functions) {
        // one body an element type would do the same: what the elements are is seen at run time
        COMPARABLE.forEach((name, type) -> {
            functions.member("isSorted", "list_" + name + "_is_sorted_bool", SimpleType.BOOL, a -> isSorted((List<?>) a[0]), listOf(type));
            functions.member("min", "list_" + name + "_min_" + name, type, a -> extreme((List<?>) a[0], "min", -1), listOf(type));
            functions.member("max", "list_" + name + "_max_" + name, type, a -> extreme((List<?>) a[0], "max", 1), listOf(type));
        });
        SUMMABLE.forEach(name -> functions.member("sum", "list_" + name + "_sum_" + name, COMPARABLE.get(name), a -> sum((List<?>) a[0], name), listOf(COMPARABLE.get(name))));
        functions.member("indexOf", "list_a_index_of_int", SimpleType.INT, a -> (long) ((List<?>) a[0]).indexOf(a[1]), LIST_OF_A, ANY_A);
        functions.member("lastIndexOf", "list_a_last_index_of_int", SimpleType.INT, a -> (long) ((List<?>) a[0]).lastIndexOf(a[1]), LIST_OF_A, ANY_A);
    }

    private static boolean isSorted(List<?> list) {
        for (int i = 1; i < list.size(); i++) {
            if (ORDER.compare(list.get(i - 1), list.get(i)) > 0) {
                return false;
            }
        }
        return true;
    }

    private static Object extreme(List<?> list, String function, int sign) {
        if (list.isEmpty()) {
            throw new IllegalArgumentException(function + " called on empty list");
        }
        Object found = list.getFirst();
        for (Object each : list) {
            if (ORDER.compare(each, found) * sign > 0) {
                found = each;
            }
        }
        return found;
    }

    private static Object sum(List<?> list, String type) {
        if (list.isEmpty()) {
            return switch (type) {
                case "double" -> 0.0;
                case "duration" -> Duration.ZERO;
                case "uint" -> UnsignedLong.ZERO;
                default -> 0L;
            };
        }
        Object sum = list.getFirst();
        for (Object each : list.subList(1, list.size())) {
            sum = switch (sum) {
                case Long n -> Math.addExact(n, (Long) each);
                case Double n -> n + (Double) each;
                case Duration n -> n.plus((Duration) each);
                case UnsignedLong n -> n.plus((UnsignedLong) each);
                default -> throw new IllegalArgumentException("no such overload");
            };
        }
        return sum;
    }

    @SuppressWarnings("unchecked")
    private static final Comparator<Object> ORDER = (a, b) -> {
        if (a instanceof CelByteString left && b instanceof CelByteString right) {
            return java.util.Arrays.compareUnsigned(left.toByteArray(), right.toByteArray());
        }
        if (a instanceof Comparable<?> comparable && a.getClass() == b.getClass()) {
            return ((Comparable<Object>) comparable).compareTo(b);
        }
        throw new IllegalArgumentException("no such overload");
    };
}
