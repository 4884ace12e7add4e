package io.skerry.machinery.cel.library;

import static io.skerry.machinery.cel.library.Arguments.STRING;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.OptionalType;
import dev.cel.common.types.SimpleType;
import io.skerry.machinery.cel.library.Functions.Argument;
import io.skerry.machinery.validation.Names;
import java.net.URI;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/** Named formats and {@code validate}, which gives what is wrong (k8s.io/apiserver/pkg/cel/library, format.go). */
final class FormatLibrary {
    private static final CelType TYPE = OpaqueType.create("kubernetes.NamedFormat");
    private static final Argument FORMAT = new Argument(TYPE, Format.class);
    private static final String UUID = "(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}";
    private static final Map<String, Format> FORMATS = new LinkedHashMap<>();

    static {
        format("dns1123Label", Names::dns1123Label);
        format("dns1123Subdomain", Names::dns1123Subdomain);
        format("dns1035Label", Names::dns1035Label);
        format("qualifiedName", Names::qualifiedName);
        format("labelValue", Names::labelValue);
        format("dns1123LabelPrefix", text -> Names.dns1123Label(prefix(text)));
        format("dns1123SubdomainPrefix", text -> Names.dns1123Subdomain(prefix(text)));
        format("dns1035LabelPrefix", text -> Names.dns1035Label(prefix(text)));
        format("uri", parses("invalid URI for request", text -> {
            if (!URI.create(text).isAbsolute() && !text.startsWith("/")) {
                throw new IllegalArgumentException();
            }
        }));
        format("uuid", text -> text.matches(UUID) ? List.of() : List.of("does not match the UUID format"));
        format("byte", parses("invalid base64", text -> Base64.getDecoder().decode(text)));
        format("date", parses("invalid date", LocalDate::parse));
        format("datetime", parses("invalid datetime", OffsetDateTime::parse));
    }

    /** @param check gives what is wrong with a text */
    private record Format(String name, Function<String, List<String>> check) {
    }

    private FormatLibrary() {
    }

    private static void format(String name, Function<String, List<String>> check) {
        FORMATS.put(name, new Format(name, check));
    }

    private static Function<String, List<String>> parses(String problem, Consumer<String> parser) {
        return text -> {
            try {
                parser.accept(text);
                return List.of();
            } catch (RuntimeException e) {
                return List.of(problem);
            }
        };
    }

    /** What generateName may end with is made into a whole name first, as upstream does. */
    private static String prefix(String text) {
        return text.length() > 1 && text.endsWith("-") ? text.substring(0, text.length() - 1) + "a" : text;
    }

    static void declare(Functions functions) {
        FORMATS.forEach((name, format) -> functions.global("format." + name, "format." + name, TYPE, a -> format));
        functions.global("format.named", "format-named", OptionalType.create(TYPE), a -> Optional.ofNullable(FORMATS.get((String) a[0])), STRING);
        functions.member("validate", "format-validate", OptionalType.create(ListType.create(SimpleType.STRING)), a -> {
            List<String> problems = ((Format) a[0]).check().apply((String) a[1]);
            return problems.isEmpty() ? Optional.empty() : Optional.of(problems);
        }, FORMAT, STRING);
    }
}
