package io.skerry.machinery.validation;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The forms names may take, each check giving upstream's complaints (k8s.io/apimachinery/pkg/util/validation), or an
 * empty list when the value is well-formed.
 */
public final class Names {

    private static final String DNS1123_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private static final String DNS1123_SUBDOMAIN = DNS1123_LABEL + "(\\." + DNS1123_LABEL + ")*";
    private static final String UNDERSCORE_LABEL = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
    private static final String UNDERSCORE_SUBDOMAIN = UNDERSCORE_LABEL + "(\\." + UNDERSCORE_LABEL + ")*";
    private static final String HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
    private static final String DNS1035_LABEL = "[a-z]([-a-z0-9]*[a-z0-9])?";
    private static final String QUALIFIED_NAME = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
    private static final String LABEL_VALUE = "(" + QUALIFIED_NAME + ")?";
    private static final String WILDCARD_SUBDOMAIN = "\\*\\." + DNS1123_SUBDOMAIN;
    private static final String CONFIG_KEY = "[-._a-zA-Z0-9]+";
    private static final String HTTP_HEADER = "[-A-Za-z0-9]+";

    private static final Pattern DNS1123_LABEL_P = Pattern.compile(DNS1123_LABEL);
    private static final Pattern DNS1123_SUBDOMAIN_P = Pattern.compile(DNS1123_SUBDOMAIN);
    private static final Pattern UNDERSCORE_SUBDOMAIN_P = Pattern.compile(UNDERSCORE_SUBDOMAIN);
    private static final Pattern HTTP_PATH_P = Pattern.compile(HTTP_PATH);
    private static final Pattern DNS1035_LABEL_P = Pattern.compile(DNS1035_LABEL);
    private static final Pattern QUALIFIED_NAME_P = Pattern.compile(QUALIFIED_NAME);
    private static final Pattern LABEL_VALUE_P = Pattern.compile(LABEL_VALUE);
    private static final Pattern WILDCARD_SUBDOMAIN_P = Pattern.compile(WILDCARD_SUBDOMAIN);
    private static final Pattern CONFIG_KEY_P = Pattern.compile(CONFIG_KEY);
    private static final Pattern HTTP_HEADER_P = Pattern.compile(HTTP_HEADER);
    private static final Pattern PORT_CHARACTERS = Pattern.compile("[-a-z0-9]+");
    private static final Pattern HAS_LETTER = Pattern.compile("[a-z]");

    private Names() {}

    public static List<String> dns1123Label(String value) {
        List<String> errors = new ArrayList<>(0);
        maxLength(errors, value, 63);
        if (!matches(DNS1123_LABEL_P, value)) {
            errors.add(matches(DNS1123_SUBDOMAIN_P, value)
                    ? "must not contain dots"
                    : regex("a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
                            DNS1123_LABEL, "my-name", "123-abc"));
        }
        return errors;
    }

    public static List<String> dns1123Subdomain(String value) {
        List<String> errors = new ArrayList<>(0);
        maxLength(errors, value, 253);
        if (!matches(DNS1123_SUBDOMAIN_P, value)) {
            errors.add(regex("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
                    DNS1123_SUBDOMAIN, "example.com"));
        }
        return errors;
    }

    /** As a search path of a resolver may be (KEP-4427). */
    public static List<String> dns1123SubdomainWithUnderscore(String value) {
        List<String> errors = new ArrayList<>(0);
        maxLength(errors, value, 253);
        if (!matches(UNDERSCORE_SUBDOMAIN_P, value)) {
            errors.add(regex("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
                    UNDERSCORE_SUBDOMAIN, "example.com"));
        }
        return errors;
    }

    /** domain/path, such as acme.io/foo: what is wrong with which part of it. */
    static void domainPrefixedPath(String value, String path, Errors errors) {
        int slash = value.indexOf('/');
        if (value.isEmpty()) {
            errors.required(path, "");
        } else if (slash <= 0 || slash == value.length() - 1) {
            errors.invalid(path, value, "must be a domain-prefixed path (such as \"acme.io/foo\")");
        } else {
            errors.invalid(path, value.substring(0, slash), dns1123Subdomain(value.substring(0, slash)));
            if (!matches(HTTP_PATH_P, value.substring(slash + 1))) {
                errors.invalid(path, value.substring(slash + 1), "Invalid path (regex used for validation is '" + HTTP_PATH + "')");
            }
        }
    }

    public static List<String> dns1035Label(String value) {
        List<String> errors = new ArrayList<>(0);
        maxLength(errors, value, 63);
        if (!matches(DNS1035_LABEL_P, value)) {
            errors.add(regex("a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
                    DNS1035_LABEL, "my-name", "abc-123"));
        }
        return errors;
    }

    public static List<String> wildcardDns1123Subdomain(String value) {
        List<String> errors = new ArrayList<>(0);
        maxLength(errors, value, 253);
        if (!matches(WILDCARD_SUBDOMAIN_P, value)) {
            errors.add(regex("a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
                    WILDCARD_SUBDOMAIN, "*.example.com"));
        }
        return errors;
    }

    /** A label or annotation key: an optional DNS subdomain and "/", then a name of up to 63 characters. */
    public static List<String> qualifiedName(String value) {
        List<String> errors = new ArrayList<>(0);
        String name = value;
        int slash = value.indexOf('/');
        if (slash >= 0) {
            if (value.indexOf('/', slash + 1) >= 0) {
                errors.add("a qualified name " + regex("must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
                        QUALIFIED_NAME, "MyName", "my.name", "123-abc") + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
                return errors;
            }
            String prefix = value.substring(0, slash);
            name = value.substring(slash + 1);
            if (prefix.isEmpty()) {
                errors.add("prefix part must be non-empty");
            } else {
                dns1123Subdomain(prefix).forEach(e -> errors.add("prefix part " + e));
            }
        }
        if (name.isEmpty()) {
            errors.add("name part must be non-empty");
        } else if (name.length() > 63) {
            errors.add("name part must be no more than 63 bytes");
        }
        if (!matches(QUALIFIED_NAME_P, name)) {
            errors.add("name part " + regex("must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
                    QUALIFIED_NAME, "MyName", "my.name", "123-abc"));
        }
        return errors;
    }

    public static List<String> labelValue(String value) {
        List<String> errors = new ArrayList<>(0);
        maxLength(errors, value, 63);
        if (!matches(LABEL_VALUE_P, value)) {
            errors.add(regex("a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
                    LABEL_VALUE, "MyValue", "my_value", "12345"));
        }
        return errors;
    }

    /** Of an environment variable: all of ASCII that can be printed but for the = (KEP-4369). */
    public static List<String> envVarName(String value) {
        List<String> errors = new ArrayList<>(0);
        if (value.isEmpty()) {
            errors.add("environment variable name must be non-empty");
        } else if (!value.chars().allMatch(c -> c >= ' ' && c <= '~' && c != '=')) {
            errors.add("a valid environment variable name must consist only of printable ASCII characters other than '='");
        }
        return errors;
    }

    public static List<String> configMapKey(String value) {
        List<String> errors = new ArrayList<>(0);
        maxLength(errors, value, 253);
        if (!matches(CONFIG_KEY_P, value)) {
            errors.add(regex("a valid config key must consist of alphanumeric characters, '-', '_' or '.'", CONFIG_KEY, "key.name", "KEY_NAME", "key-name"));
        }
        dotNames(errors, value);
        return errors;
    }

    public static List<String> httpHeaderName(String value) {
        return matches(HTTP_HEADER_P, value) ? List.of()
                : List.of(regex("a valid HTTP header must consist of alphanumeric characters or '-'", HTTP_HEADER, "X-Header-Name"));
    }

    /** The name of a port (RFC 6335, without upper case). */
    public static List<String> portName(String value) {
        List<String> errors = new ArrayList<>(0);
        if (value.length() > 15) {
            errors.add("must be no more than 15 characters");
        }
        if (!matches(PORT_CHARACTERS, value)) {
            errors.add("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
        }
        if (!HAS_LETTER.matcher(value).find()) {
            errors.add("must contain at least one letter (a-z)");
        }
        if (value.contains("--")) {
            errors.add("must not contain consecutive hyphens");
        }
        if (!value.isEmpty() && (value.startsWith("-") || value.endsWith("-"))) {
            errors.add("must not begin or end with a hyphen");
        }
        return errors;
    }

    public static List<String> portNumber(long port) {
        return port >= 1 && port <= 65535 ? List.of() : List.of("must be between 1 and 65535, inclusive");
    }

    /** What may stand as one element of a URL's path, which is all that RBAC names have to be. */
    public static List<String> pathSegment(String value) {
        if (value.equals(".") || value.equals("..")) {
            return List.of("may not be '" + value + "'");
        }
        List<String> errors = new ArrayList<>(0);
        for (String illegal : List.of("/", "%")) {
            if (value.contains(illegal)) {
                errors.add("may not contain '" + illegal + "'");
            }
        }
        return errors;
    }

    /** What is far too long is not even looked at: a regular expression would go as deep as the text is long. */
    private static boolean matches(Pattern pattern, String value) {
        return value.length() <= 1024 && pattern.matcher(value).matches();
    }

    private static void dotNames(List<String> errors, String value) {
        if (value.equals(".")) {
            errors.add("must not be '.'");
        } else if (value.equals("..")) {
            errors.add("must not be '..'");
        } else if (value.startsWith("..")) {
            errors.add("must not start with '..'");
        }
    }

    private static void maxLength(List<String> errors, String value, int max) {
        if (value.length() > max) {
            errors.add("must be no more than " + max + " bytes");
        }
    }

    private static String regex(String message, String pattern, String... examples) {
        StringBuilder s = new StringBuilder(message).append(" (e.g. ");
        for (int i = 0; i < examples.length; i++) {
            s.append(i > 0 ? " or " : "").append('\'').append(examples[i]).append("', ");
        }
        return s.append("regex used for validation is '").append(pattern).append("')").toString();
    }

    /** Of a field manager's name: that each character can be printed. */
    public static List<String> printable(String value) {
        List<String> errors = new ArrayList<>(0);
        int position = 0;
        for (int c : value.codePoints().toArray()) {
            boolean printable = switch (Character.getType(c)) {
                case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED, Character.LINE_SEPARATOR,
                        Character.PARAGRAPH_SEPARATOR -> false;
                case Character.SPACE_SEPARATOR -> c == ' ';
                default -> true;
            };
            if (!printable) {
                errors.add("invalid character U+%04X (at position %d)".formatted(c, position));
            }
            position += Errors.bytes(Character.toString(c));
        }
        return errors;
    }
}
