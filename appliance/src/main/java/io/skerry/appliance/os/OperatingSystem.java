package io.skerry.appliance.os;

import io.skerry.appliance.device.DeviceClock;
import io.skerry.appliance.device.DevicePaths;
import io.skerry.controllers.runtime.ControllerManager;
import io.skerry.controllers.runtime.Crds;
import io.skerry.controllers.runtime.Informers;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Updates of the operating system, where it is one of ours; and the OSImage's definition everywhere, so that one fleet repository fits all. */
public final class OperatingSystem {
    private static final Logger LOG = System.getLogger(OperatingSystem.class.getName());
    private static final String NO_IMAGE = "this machine was not made by skerry image build; its operating system is not updated";
    private static final String SHARED = "several servers are on this datastore; update their operating systems with skerry os update";

    private OperatingSystem() {}

    /**
     * @param shared the datastore is another machine's as well: then an OSImage does not say whose operating system it means, and is not acted on
     * @return what brings a version that came by whatever way through its trial, once it is started; empty where none can come
     */
    public static Optional<OsUpdates> start(Path data, boolean shared, Informers informers, DeviceHealth health, Consumer<AutoCloseable> keep) {
        Optional<OsUpdates> updates = Optional.empty();
        String whyNot = NO_IMAGE;
        try {
            updates = OsDevice.updates(data, health);
        } catch (IOException e) {
            whyNot = "the operating system cannot be updated: " + e.getMessage();
            LOG.log(Level.ERROR, whyNot);
        }
        control(updates, whyNot, data, shared, informers, keep);
        updates.ifPresent(keep);
        return updates;
    }

    static void control(Optional<OsUpdates> updates, String whyNot, Path data, boolean shared, Informers informers, Consumer<AutoCloseable> keep) {
        // Before the GitOps agent looks, as for HelmChart.
        Crds.ensure(informers.client(), OsImageController.definitions());
        DeviceClock clock = new DeviceClock(DevicePaths.system());
        ControllerManager controller = new ControllerManager(informers,
                List.of(new OsImageController(informers, shared ? Optional.empty() : updates, shared ? SHARED : whyNot, data, Clock.systemDefaultZone(), clock::isKnown)));
        keep.accept(controller);
        controller.start();
    }
}
