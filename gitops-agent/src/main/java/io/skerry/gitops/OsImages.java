package io.skerry.gitops;

import io.skerry.gitops.GitOpsStatus.ObjectStatus;
import io.skerry.gitops.GitOpsStatus.TargetStatus;
import java.util.List;

/** What is different about an OSImage among the objects of a commit: the device's own operating system, which its controller brings (docs/os-update.md). */
final class OsImages {
    private OsImages() {}

    static boolean is(ObjectStatus object) {
        return object.kind().equals("OSImage") && object.apiVersion().startsWith("appliance.skerry.io/");
    }

    /**
     * An update of the operating system takes as long as its download does, over links that may be away for days, and then a reboot at a
     * time that may have to be waited for. It ends by itself: its controller says when it failed.
     */
    static boolean takesItsTime(ObjectStatus object) {
        return is(object) && object.health().equals("InProgress");
    }

    static boolean hasFailed(ObjectStatus object) {
        return is(object) && object.health().equals("Failed");
    }

    /**
     * What says whether a commit is good. A version of the operating system that the device does not take says nothing of the commit's other objects: it
     * runs on with the one before, and if those need more than that, they say so themselves. Every later commit names that version, too.
     */
    static List<ObjectStatus> decisive(TargetStatus target) {
        return target.unhealthy().stream().filter(object -> !hasFailed(object)).toList();
    }
}
