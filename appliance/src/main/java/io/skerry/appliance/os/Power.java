package io.skerry.appliance.os;

import java.io.IOException;

/** Reboots the machine. */
@FunctionalInterface interface Power {
    /**
     * Returns when the reboot has begun: services are being stopped.
     *
     * @param argument for reboot(2), which a boot loader may look at; "" for none
     */
    void reboot(String argument) throws IOException;

    /** By systemd, which stops what runs in order. */
    static Power systemd() {
        return argument -> {
            if (argument.isEmpty()) {
                Command.run("systemctl", "--no-block", "reboot");
            } else {
                Command.run("systemctl", "--no-block", "--reboot-argument=" + argument, "reboot");
            }
        };
    }
}
