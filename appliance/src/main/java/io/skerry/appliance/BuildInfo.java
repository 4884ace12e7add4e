package io.skerry.appliance;

/** What this binary is. */
public final class BuildInfo {
    public static final String VERSION = "0.1.0";
    /** The API that is served: its minor version is what clients compare with theirs. */
    public static final String KUBERNETES_VERSION = "v1.33.0+skerry" + VERSION;

    private BuildInfo() {}
}
