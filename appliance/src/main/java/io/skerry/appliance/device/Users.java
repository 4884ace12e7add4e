package io.skerry.appliance.device;

import io.skerry.image.settings.Settings;
import io.skerry.node.host.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * People who may log in. {@code /etc/passwd} is in memory: users are made at each boot, their homes stay on the data partition and say
 * by their owner which number a user has.
 */
final class Users {
    private static final int FIRST = 1000;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private Users() {}

    /** @return what went wrong, in plain words */
    static List<String> create(DevicePaths paths, List<Settings.User> users) {
        List<String> problems = new ArrayList<>();
        Path homes = paths.data().resolve("home");
        for (Settings.User user : users) {
            try {
                if (!exists(paths.inRoot("/etc/passwd"), user.name())) {
                    // Debian has groups, such as operator, whose names people bear as well.
                    create(homes.resolve(user.name()), user, exists(paths.inRoot("/etc/group"), user.name()));
                }
            } catch (IOException e) {
                problems.add("users: " + user.name() + ": " + e.getMessage());
            }
        }
        return problems;
    }

    private static void create(Path home, Settings.User user, boolean hasGroup) throws IOException {
        Files.createDirectories(home.getParent());
        boolean known = Files.exists(home);
        int uid = known ? (Integer) Files.getAttribute(home, "unix:uid") : next(home.getParent());
        List<String> command = new ArrayList<>(List.of("useradd", "--uid", String.valueOf(uid), "--home-dir", home.toString(), known ? "--no-create-home" : "--create-home", "--shell", "/bin/bash"));
        command.addAll(hasGroup ? List.of("--gid", user.name()) : List.of("--user-group"));
        if (!user.groups().isEmpty()) {
            command.addAll(List.of("--groups", String.join(",", user.groups())));
        }
        command.add(user.name());
        Command.run(LIMIT, command.toArray(String[]::new));
    }

    /** Above every number that a home has, also of users that are no longer in the settings. */
    static int next(Path homes) throws IOException {
        int next = FIRST;
        try (var all = Files.list(homes)) {
            for (Path home : all.toList()) {
                next = Math.max(next, (Integer) Files.getAttribute(home, "unix:uid") + 1);
            }
        }
        return next;
    }

    /** @param table passwd(5) or group(5) */
    private static boolean exists(Path table, String name) throws IOException {
        return Files.exists(table) && Files.readAllLines(table).stream().anyMatch(line -> line.startsWith(name + ":"));
    }
}
