package io.skerry.machinery.cel.library;

import static io.skerry.machinery.cel.library.Arguments.INT;
import static io.skerry.machinery.cel.library.Arguments.STRING;

import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import io.skerry.machinery.cel.library.Functions.Argument;
import io.skerry.machinery.quantity.Quantity;
import java.math.BigDecimal;

/** Resource quantities (k8s.io/apiserver/pkg/cel/library, quantity.go). */
final class QuantityLibrary {
    private static final CelType TYPE = OpaqueType.create("kubernetes.Quantity");
    private static final Argument QUANTITY = new Argument(TYPE, Quantity.class);

    private QuantityLibrary() {
    }

    static void declare(Functions functions) {
        functions.global("quantity", "string_to_quantity", TYPE, a -> Quantity.parse((String) a[0]), STRING);
        functions.global("isQuantity", "is_quantity_string", SimpleType.BOOL, a -> {
            try {
                Quantity.parse((String) a[0]);
                return true;
            } catch (IllegalArgumentException e) {
                return false;
            }
        }, STRING);
        // upstream declares sign as a function by mistake and documents it as a method
        functions.global("sign", "quantity_sign", SimpleType.INT, a -> (long) ((Quantity) a[0]).sign(), QUANTITY);
        functions.member("sign", "quantity_member_sign", SimpleType.INT, a -> (long) ((Quantity) a[0]).sign(), QUANTITY);
        functions.member("isGreaterThan", "quantity_is_greater_than", SimpleType.BOOL, a -> compare(a) > 0, QUANTITY, QUANTITY);
        functions.member("isLessThan", "quantity_is_less_than", SimpleType.BOOL, a -> compare(a) < 0, QUANTITY, QUANTITY);
        functions.member("compareTo", "quantity_compare_to", SimpleType.INT, a -> (long) Integer.signum(compare(a)), QUANTITY, QUANTITY);
        functions.member("asApproximateFloat", "quantity_get_float", SimpleType.DOUBLE, a -> ((Quantity) a[0]).value().doubleValue(), QUANTITY);
        functions.member("isInteger", "quantity_is_integer", SimpleType.BOOL, a -> {
            try {
                integer((Quantity) a[0]);
                return true;
            } catch (ArithmeticException e) {
                return false;
            }
        }, QUANTITY);
        functions.member("asInteger", "quantity_get_int", SimpleType.INT, a -> {
            try {
                return integer((Quantity) a[0]);
            } catch (ArithmeticException e) {
                throw new IllegalArgumentException("cannot convert value to integer");
            }
        }, QUANTITY);
        functions.member("add", "quantity_add", TYPE, a -> ((Quantity) a[0]).add((Quantity) a[1]), QUANTITY, QUANTITY);
        functions.member("add", "quantity_add_int", TYPE, a -> ((Quantity) a[0]).add(Quantity.of((Long) a[1])), QUANTITY, INT);
        functions.member("sub", "quantity_sub", TYPE, a -> ((Quantity) a[0]).subtract((Quantity) a[1]), QUANTITY, QUANTITY);
        functions.member("sub", "quantity_sub_int", TYPE, a -> ((Quantity) a[0]).subtract(Quantity.of((Long) a[1])), QUANTITY, INT);
    }

    private static int compare(Object[] arguments) {
        return ((Quantity) arguments[0]).compareTo((Quantity) arguments[1]);
    }

    private static long integer(Quantity quantity) {
        BigDecimal value = quantity.value();
        return value.longValueExact();
    }
}
