package io.skerry.machinery.apply;

import java.util.List;

/**
 * A server-side apply met fields of other managers that it would change. The message is upstream's; the API server
 * answers 409 with one cause of type FieldManagerConflict a conflict.
 */
public final class ApplyConflictException extends Exception {

    /**
     * @param manager the other manager's name
     * @param fieldPath as in causes: ".spec.containers[name=\"a\"].image"
     * @param apiVersion of the other manager's entry
     * @param subresource of the other manager's entry, or ""
     * @param operation "Apply" or "Update"
     */
    public record Conflict(String manager, String fieldPath, String apiVersion, String subresource, String operation) {
        /** The cause's message, such as: conflict with "a" using apps/v1 */
        public String message() {
            return "conflict with " + who();
        }

        String who() {
            return "\"" + manager + "\"" + (subresource.isEmpty() ? "" : " with subresource \"" + subresource + "\"")
                    + (operation.equals("Update") ? " using " + apiVersion : "");
        }
    }

    private final transient List<Conflict> conflicts;

    ApplyConflictException(String message, List<Conflict> conflicts) {
        super(message);
        this.conflicts = List.copyOf(conflicts);
    }

    public List<Conflict> conflicts() {
        return conflicts;
    }
}
