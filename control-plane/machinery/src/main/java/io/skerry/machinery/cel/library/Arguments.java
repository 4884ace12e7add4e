package io.skerry.machinery.cel.library;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.TypeParamType;
import io.skerry.machinery.cel.library.Functions.Argument;
import java.util.List;

/** Arguments of the types that CEL itself has. */
final class Arguments {
    static final Argument STRING = new Argument(SimpleType.STRING, String.class);
    static final Argument INT = new Argument(SimpleType.INT, Long.class);
    static final Argument BOOL = new Argument(SimpleType.BOOL, Boolean.class);
    static final CelType A = TypeParamType.create("A");
    static final Argument LIST_OF_A = new Argument(ListType.create(A), List.class);
    static final Argument ANY_A = new Argument(A, Object.class);

    private Arguments() {
    }

    static Argument listOf(CelType items) {
        return new Argument(ListType.create(items), List.class);
    }
}
