package io.skerry.node.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.lang.System.Logger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;

/** The control groups of pods, in cgroup v1's many hierarchies or v2's one; with systemd they are its slices. */
public final class Cgroups {
    private static final Logger LOG = System.getLogger(Cgroups.class.getName());
    private static final List<String> QOS = List.of("Guaranteed", "Burstable", "BestEffort");
    private static final Path MOUNT = Path.of("/sys/fs/cgroup");

    private final String root;
    private final Host host;

    public Cgroups(String root, Host host) {
        this.root = root;
        this.host = host;
    }

    /**
     * What CRI wants as cgroup_parent of a pod.
     *
     * @param qos "Guaranteed", "Burstable" or "BestEffort"
     */
    public String parentOf(String qos, String podUid) {
        String level = qos.equals("Guaranteed") ? "" : qos.toLowerCase(Locale.ROOT);
        if (!host.systemd()) return "/" + root + (level.isEmpty() ? "" : "/" + level) + "/pod" + podUid;
        // a dash in a slice's name is a level of its own, so uid dashes become underscores, as kubelet does
        return root + (level.isEmpty() ? "" : "-" + level) + "-pod" + podUid.replace('-', '_') + ".slice";
    }

    /** Sets a file of the pod's cgroup, e.g. ("pids", "pids.max", "100"). The cgroup exists once its sandbox runs; a missing controller is logged. */
    public void set(String parent, String controller, String file, String value) {
        for (Path dir : directories(parent)) {
            boolean its = host.cgroup2() || dir.startsWith(MOUNT.resolve(controller)) || dir.startsWith(MOUNT.resolve("cpu,cpuacct")) && controller.startsWith("cpu");
            if (!its || !Files.exists(dir.resolve(file))) continue;
            try {
                Files.writeString(dir.resolve(file), value);
            } catch (IOException e) {
                LOG.log(Level.WARNING, "{0}/{1} stays as it is: {2}", dir, file, e.getMessage());
            }
        }
    }

    /** The limit of the pod's cgroup; Long.MAX_VALUE without one. */
    public long memoryLimitBytes(String parent) throws IOException { return amount(parent, "memory.limit_in_bytes", "memory.max", Long.MAX_VALUE); }

    /** What the pod's cgroup uses, caches included; -1 where memory is not counted. */
    public long memoryUsedBytes(String parent) throws IOException { return amount(parent, "memory.usage_in_bytes", "memory.current", -1); }

    private long amount(String parent, String file1, String file2, long otherwise) throws IOException {
        for (Path dir : directories(parent)) {
            for (String name : List.of(file1, file2)) {
                Path file = dir.resolve(name);
                if (!Files.exists(file)) continue;
                String text = Files.readString(file).strip();
                return text.equals("max") ? Long.MAX_VALUE : Long.parseLong(text);
            }
        }
        return otherwise;
    }

    /** CPU that everything on the machine has used so far, in nanoseconds. */
    public long cpuNanos() throws IOException {
        if (!host.cgroup2()) return Long.parseLong(Files.readString(MOUNT.resolve("cpuacct/cpuacct.usage")).strip());
        return Files.readAllLines(MOUNT.resolve("cpu.stat")).stream().filter(l -> l.startsWith("usage_usec ")).findFirst().map(l -> Long.parseLong(l.substring(11)) * 1000)
                .orElseThrow(() -> new IOException(MOUNT.resolve("cpu.stat") + " has no usage_usec"));
    }

    /** A process of a pod: any, as all of them share its network namespace; empty when none runs. */
    public OptionalLong process(String podUid) {
        for (String qos : QOS) {
            for (Path dir : directories(parentOf(qos, podUid))) {
                try (Stream<Path> tree = Files.find(dir, 3, (p, a) -> p.endsWith("cgroup.procs"))) {
                    Optional<String> first = tree.map(file -> Host.firstLine(file.toString())).filter(line -> !line.isEmpty()).findFirst();
                    if (first.isPresent()) return OptionalLong.of(Long.parseLong(first.get()));
                } catch (IOException | UncheckedIOException e) {
                    LOG.log(Level.DEBUG, "reading cgroups", e); // it is being taken away
                }
            }
        }
        return OptionalLong.empty();
    }

    /** Removes a pod's cgroup, empty by now, from every hierarchy. */
    public void remove(String podUid) {
        for (String qos : QOS) for (Path dir : directories(parentOf(qos, podUid))) removeTree(dir, new ArrayList<>());
    }

    /** Pod uids that have a cgroup. */
    public Set<String> pods() {
        var uids = new HashSet<String>();
        for (Path top : directories(host.systemd() ? root + ".slice" : "/" + root)) {
            try (Stream<Path> tree = Files.find(top, 3, (p, a) -> a.isDirectory())) {
                tree.map(p -> p.getFileName().toString()).forEach(name -> {
                    int pod = host.systemd() ? name.lastIndexOf("-pod") + 1 : 0;
                    if (name.startsWith("pod", pod)) uids.add(name.substring(pod + 3).replaceAll("\\.slice$", "").replace('_', '-'));
                });
            } catch (IOException | UncheckedIOException e) {
                LOG.log(Level.DEBUG, "reading cgroups", e);
            }
        }
        return uids;
    }

    /** Removes every cgroup below and including the root's; returns those that can't be. */
    public static List<String> removeAll(String root, Host host) {
        var left = new ArrayList<String>();
        var cgroups = new Cgroups(root, host);
        for (Path dir : cgroups.directories(host.systemd() ? root + ".slice" : "/" + root)) removeTree(dir, left);
        return left;
    }

    private static void removeTree(Path dir, List<String> left) {
        List<Path> deepestFirst;
        try (Stream<Path> tree = Files.find(dir, 10, (p, a) -> a.isDirectory())) {
            deepestFirst = tree.sorted(Comparator.reverseOrder()).toList();
        } catch (IOException | UncheckedIOException e) {
            return;
        }
        for (Path each : deepestFirst) {
            for (int attempt = 0; Files.exists(each); attempt++) {
                try {
                    Files.delete(each); // rmdir: the kernel refuses while a process is inside
                } catch (IOException e) {
                    if (attempt == 50) {
                        left.add("cgroup " + each + ": " + e.getMessage());
                        break;
                    }
                    try {
                        Thread.sleep(20); // killed processes leave their cgroup a moment after the kill
                    } catch (InterruptedException i) {
                        Thread.currentThread().interrupt();
                        return;
                    }
                }
            }
        }
    }

    /** The folders, one a hierarchy on v1, of a cgroup path or slice. */
    private List<Path> directories(String parent) {
        String relative = host.systemd() ? slicePath(parent) : parent.substring(1);
        if (host.cgroup2()) return Stream.of(MOUNT.resolve(relative)).filter(Files::isDirectory).toList();
        try (Stream<Path> hierarchies = Files.list(MOUNT)) {
            return hierarchies.filter(h -> !Files.isSymbolicLink(h)).map(h -> h.resolve(relative)).filter(Files::isDirectory).toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    /** systemd puts a-b-c.slice into a.slice/a-b.slice/. */
    static String slicePath(String slice) {
        String name = slice.replaceAll("\\.slice$", "");
        var path = new StringBuilder();
        for (int dash = name.indexOf('-'); dash > 0; dash = name.indexOf('-', dash + 1)) path.append(name, 0, dash).append(".slice/");
        return path.append(name).append(".slice").toString();
    }
}
