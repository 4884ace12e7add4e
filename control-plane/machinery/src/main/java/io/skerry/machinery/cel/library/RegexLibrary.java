package io.skerry.machinery.cel.library;

import static io.skerry.machinery.cel.library.Arguments.INT;
import static io.skerry.machinery.cel.library.Arguments.STRING;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import java.util.ArrayList;
import java.util.List;

/** {@code find} and {@code findAll} with RE2 (k8s.io/apiserver/pkg/cel/library, regex.go). */
final class RegexLibrary {
    private RegexLibrary() {
    }

    static void declare(Functions functions) {
        functions.member("find", "string_find_string", SimpleType.STRING, a -> {
            List<String> found = find((String) a[0], (String) a[1], 1);
            return found.isEmpty() ? "" : found.getFirst();
        }, STRING, STRING);
        functions.member("findAll", "string_find_all_string", ListType.create(SimpleType.STRING), a -> find((String) a[0], (String) a[1], -1), STRING, STRING);
        functions.member("findAll", "string_find_all_string_int", ListType.create(SimpleType.STRING),
                a -> find((String) a[0], (String) a[1], (Long) a[2]), STRING, STRING, INT);
    }

    /** @param limit how many at most; negative for all */
    private static List<String> find(String text, String pattern, long limit) {
        List<String> found = new ArrayList<>();
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        while ((limit < 0 || found.size() < limit) && matcher.find()) {
            found.add(matcher.group());
        }
        return found;
    }
}
