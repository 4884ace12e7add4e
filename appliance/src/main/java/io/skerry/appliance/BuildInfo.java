package io.skerry.appliance;

import io.skerry.apiserver.ApiServerConfig;

/** What this binary is. */
public final class BuildInfo {
    public static final String VERSION = "0.1.0";
    /** The API that is served: its minor version is what clients compare with theirs. The node tells the same. */
    public static final String KUBERNETES_VERSION = ApiServerConfig.GIT_VERSION;

    private BuildInfo() {}
}
