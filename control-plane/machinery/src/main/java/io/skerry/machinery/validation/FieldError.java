package io.skerry.machinery.validation;

/**
 * What is wrong with one field.
 *
 * @param type as in a Status' causes: FieldValueRequired, FieldValueInvalid, ...
 * @param field the path: spec.template.spec.containers[0].image
 * @param badValue the value as upstream prints it (strings quoted), or null where it prints none
 * @param detail the rest of the message, or ""
 */
public record FieldError(Type type, String field, String badValue, String detail) {

    /** The reasons of k8s.io/apimachinery/pkg/util/validation/field, with their words. */
    public enum Type {
        NOT_FOUND("FieldValueNotFound", "Not found"),
        REQUIRED("FieldValueRequired", "Required value"),
        DUPLICATE("FieldValueDuplicate", "Duplicate value"),
        INVALID("FieldValueInvalid", "Invalid value"),
        NOT_SUPPORTED("FieldValueNotSupported", "Unsupported value"),
        FORBIDDEN("FieldValueForbidden", "Forbidden"),
        TOO_LONG("FieldValueTooLong", "Too long"),
        TOO_MANY("FieldValueTooMany", "Too many"),
        TYPE_INVALID("FieldValueTypeInvalid", "Invalid value");

        private final String reason;
        private final String words;

        Type(String reason, String words) {
            this.reason = reason;
            this.words = words;
        }

        /** The cause's reason. */
        public String reason() {
            return reason;
        }
    }

    /** The cause's message, without the field: Invalid value: "X": must be ... */
    public String message() {
        StringBuilder s = new StringBuilder(type.words);
        if (badValue != null) {
            s.append(": ").append(badValue);
        }
        if (!detail.isEmpty()) {
            s.append(": ").append(detail);
        }
        return s.toString();
    }

    /** The whole: spec.x: Invalid value: "X": must be ... */
    @Override
    public String toString() {
        return field + ": " + message();
    }
}
