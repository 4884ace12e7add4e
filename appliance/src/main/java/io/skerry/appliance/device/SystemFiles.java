package io.skerry.appliance.device;

import io.skerry.image.settings.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Everything that the settings come to, as files for the programs of the system. {@code /etc} is in memory: each boot writes them anew. */
final class SystemFiles {
    private SystemFiles() {}

    /** @param hostname without placeholders; @param localFleet as of {@link ServerFiles#of} */
    static List<SystemFile> of(Settings settings, String hostname, Optional<String> localFleet) {
        List<SystemFile> files = new ArrayList<>();
        files.add(SystemFile.open("/etc/hostname", hostname));
        files.add(SystemFile.open("/etc/hosts", "127.0.0.1 localhost", "127.0.1.1 " + hostname, "::1 localhost ip6-localhost ip6-loopback"));
        settings.timezone().ifPresent(zone -> {
            files.add(SystemFile.link("/etc/localtime", "/usr/share/zoneinfo/" + zone));
            files.add(SystemFile.open("/etc/timezone", zone));
        });
        if (!settings.network().ntp().isEmpty()) {
            files.add(SystemFile.open("/etc/systemd/timesyncd.conf.d/20-settings.conf", "[Time]", "NTP=" + String.join(" ", settings.network().ntp())));
        }
        settings.journalForward().ifPresent(to -> files.add(SystemFile.open("/etc/systemd/journald.conf.d/20-settings.conf", "[Journal]", "ForwardToSocket=" + to)));
        if (!settings.sshKeys().isEmpty()) {
            files.add(SystemFile.of("/etc/ssh/authorized_keys.d/root", settings.sshKeys()));
        }
        settings.users().forEach(user -> files.add(SystemFile.of("/etc/ssh/authorized_keys.d/" + user.name(), user.sshKeys())));
        for (int i = 0; i < settings.trust().os().size(); i++) {
            files.add(SystemFile.open(DevicePaths.SETTINGS_TRUST_DIR + "/settings-" + (i + 1) + ".pem", settings.trust().os().get(i).strip()));
        }
        files.addAll(NetworkFiles.of(settings.network()));
        files.addAll(ServerFiles.of(settings, localFleet));
        ProxyFile.of(settings, hostname).ifPresent(files::add);
        return files;
    }
}
