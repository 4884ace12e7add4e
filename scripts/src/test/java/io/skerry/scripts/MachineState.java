package io.skerry.scripts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a machine bears that skerry could leave behind, by kind: compared before and after. */
record MachineState(Map<String, Set<String>> byKind) {
    static MachineState now() {
        try {
            Map<String, Set<String>> found = new TreeMap<>();
            found.put("process", ProcessHandle.allProcesses()
                    .map(process -> process.info().commandLine().orElse(""))
                    .filter(line -> line.contains("containerd") || line.contains("quarkus-run.jar") || line.contains("catatonit")
                            || line.contains("mosquitto") || line.contains("GitServer"))
                    .collect(Collectors.toCollection(TreeSet::new)));
            found.put("mount", lines(Run.of("cat", "/proc/self/mountinfo"), 4));
            found.get("mount").remove("/run/netns"); // ip-netns(8)'s own, once for all
            found.put("network namespace", lines(Run.of("ip", "netns", "list"), 0));
            found.put("link", lines(Run.of("ip", "-brief", "link"), 0));
            found.put("nftables table", new TreeSet<>(Run.of("nft", "list", "tables").orFail().out().lines().toList()));
            found.put("cgroup", cgroups());
            return new MachineState(found);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** @throws AssertionError naming everything that is there now, was not before, and is ours */
    void requireNothingBeyond(MachineState before, Predicate<String> ours) {
        StringBuilder left = new StringBuilder();
        byKind.forEach((kind, now) -> now.stream().filter(each -> !before.byKind.get(kind).contains(each) && ours.test(each))
                .forEach(each -> left.append("\n  ").append(kind).append(": ").append(each)));
        if (!left.isEmpty()) {
            throw new AssertionError("left behind:" + left);
        }
    }

    private static Set<String> lines(Run run, int word) throws IOException {
        return run.orFail().out().lines().filter(line -> !line.isBlank())
                .map(line -> line.split(" +")[word].replaceAll("@.*", "")).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> cgroups() throws IOException {
        try (Stream<Path> folders = Files.walk(Path.of("/sys/fs/cgroup"), 3)) {
            return folders.filter(Files::isDirectory).map(Path::toString).collect(Collectors.toCollection(TreeSet::new));
        }
    }
}
