package io.skerry.machinery;

/** The version of Kubernetes whose API this is: the one place that says it. */
public final class KubernetesVersion {
    /** As in {@code v1.33.4}. */
    public static final String API = "v1.33.4";

    private KubernetesVersion() {
    }
}
