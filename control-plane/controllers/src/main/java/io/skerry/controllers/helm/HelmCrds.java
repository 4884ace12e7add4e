package io.skerry.controllers.helm;

import io.skerry.controllers.runtime.Crds;
import java.util.List;

/** The CRDs of helm.cattle.io/v1. */
public final class HelmCrds {
    private HelmCrds() {}

    /** One JSON document a CRD: HelmChart, HelmChartConfig. */
    public static List<String> manifests() {
        return Crds.read(HelmCrds.class, "crds.yaml");
    }
}
