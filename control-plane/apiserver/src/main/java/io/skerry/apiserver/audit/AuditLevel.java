package io.skerry.apiserver.audit;

/** How much of a request is told (audit.k8s.io/v1 Level). */
enum AuditLevel {
    NONE("None"), METADATA("Metadata"), REQUEST("Request"), REQUEST_RESPONSE("RequestResponse");

    private final String word;

    AuditLevel(String word) {
        this.word = word;
    }

    /** Null for no level. */
    static AuditLevel of(String word) {
        for (AuditLevel level : values()) {
            if (level.word.equals(word)) {
                return level;
            }
        }
        return null;
    }

    boolean includes(AuditLevel other) {
        return compareTo(other) >= 0;
    }

    @Override
    public String toString() {
        return word;
    }
}
