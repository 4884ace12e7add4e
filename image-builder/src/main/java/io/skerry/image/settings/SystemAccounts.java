package io.skerry.image.settings;

import java.util.Set;

/** Accounts that every image has before anybody's settings: those of Debian's base-passwd, and those of the packages that all boards have. */
final class SystemAccounts {
    static final Set<String> NAMES = Set.of("root", "daemon", "bin", "sys", "sync", "games", "man", "lp", "mail", "news", "uucp", "proxy", "www-data", "backup", "list", "irc",
            "nobody", "messagebus", "sshd", "systemd-network", "systemd-resolve", "systemd-timesync", "tss");

    private SystemAccounts() {}
}
