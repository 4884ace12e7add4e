package io.skerry.appliance.nativeimage;

import io.skerry.appliance.UserError;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.graalvm.nativeimage.RuntimeOptions;

/**
 * How large the native binary's heap may grow: what was set when it was built ({@code native-image.properties}), or what the environment
 * variable {@code SKERRY_MAX_HEAP} says. No flag can say it: flags like {@code -Xmx} belong to whatever {@code skerry kubectl} passes on.
 */
public final class NativeHeap {
    private static final Pattern SIZE = Pattern.compile("([1-9][0-9]{0,5})([mMgG])");

    private NativeHeap() {}

    /** To be called in a native image alone. @throws UserError when the variable is no size */
    public static void applyEnvironment() {
        String size = System.getenv("SKERRY_MAX_HEAP");
        if (size != null && !size.isEmpty()) {
            RuntimeOptions.set("MaxHeapSize", bytes(size));
        }
    }

    static long bytes(String size) {
        Matcher parts = SIZE.matcher(size);
        if (!parts.matches()) {
            throw new UserError("SKERRY_MAX_HEAP: " + size + " is no heap size; write it like 256m or 1g");
        }
        return Long.parseLong(parts.group(1)) << (parts.group(2).equalsIgnoreCase("g") ? 30 : 20);
    }
}
