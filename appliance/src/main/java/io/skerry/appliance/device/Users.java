package io.skerry.appliance.device;

import io.skerry.image.settings.Settings;
import io.skerry.node.host.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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
                Path home = homes.resolve(user.name());
                Optional<String> entry = entry(paths.inRoot("/etc/passwd"), user.name());
                if (entry.isPresent() && !entry.get().split(":")[5].equals(home.toString())) {
                    problems.add("users: " + user.name() + ": is an account of the system's own; give the user another name");
                } else if (entry.isEmpty()) {
                    // Debian has groups, such as operator, whose names people bear as well.
                    create(home, user, entry(paths.inRoot("/etc/group"), user.name()).isPresent());
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
    private static Optional<String> entry(Path table, String name) throws IOException {
        return Files.exists(table) ? Files.readAllLines(table).stream().filter(line -> line.startsWith(name + ":")).findFirst() : Optional.empty();
    }
}
