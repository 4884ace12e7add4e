package io.skerry.apiserver.admission.podsecurity;

/** What a check holds against a pod. @param detail may be "" */
record Violation(String reason, String detail) {

    @Override
    public String toString() {
        return detail.isEmpty() ? reason : reason + " (" + detail + ")";
    }
}
