package io.skerry.image.build;

import io.skerry.image.Digests;
import io.skerry.image.ImageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Debian packages for a board: which ones, in which versions, and their files. apt does the work, with a configuration of its own that
 * leaves the build machine's alone. Index and packages are trusted by Debian's keyring.
 */
final class Apt {
    static final Path KEYRING = Path.of("/usr/share/keyrings/debian-archive-keyring.gpg");
    /** How the packages' names begin that hold a kernel or a part of one. */
    static final String KERNEL = "linux-image-";
    private static final Pattern KERNEL_PART = Pattern.compile("(linux-(?:image|modules|binary|base)-\\d\\S+) \\(= ([^)]+)\\)");
    /** In the address of a mirror as it was at a time: Debian's archive of snapshots has one, ISO 8601 in UTC. */
    private static final Pattern SNAPSHOT = Pattern.compile("/\\d{8}T\\d{6}Z(/|$)");
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
    /** Of what a kernel's headers depend on: what modules are compiled with. */
    private static final Pattern COMPILING = Pattern.compile("(gcc-\\d+(?:-for-host)?|linux-kbuild-[^\\s,]+|linux-headers-[^\\s,]+-common)(?=,| |$)");
    private static final Pattern OFFER = Pattern.compile("\\s*(\\S+) \\| +(\\S+) \\| \\S+ (\\S+)/\\S+ \\S+ Packages");
    private static final Pattern INSTALLED = Pattern.compile("Inst (\\S+) \\((\\S+) ");
    /** How many packages an error names. */
    private static final int SHOWN = 10;

    private final Path folder;
    private final Path debs;
    private final String arch;
    private final List<String> suites;
    private final boolean locked;
    private boolean updated;

    /**
     * An index must be signed by Debian. One that is older than it says it may be (Valid-Until of its Release file) could keep new versions from
     * us, and is refused (unless this machine's apt is told not to look); not that of a snapshot, which is old on purpose, nor when a lock names
     * the packages anyway.
     *
     * @param cache where lists and packages are kept from build to build
     * @param extraSuites further suites of the same mirror; only what is asked for by {@code package/suite} comes from them
     * @param mirrors Debian's, and its security mirror, or snapshots of them; empty to use those of this machine's apt
     * @param locked whether only {@link #fetch} will be asked for, with an existing lock
     * @param keyring whose keys must have signed the index: {@link #KEYRING}
     */
    Apt(Path cache, String arch, String suite, List<String> extraSuites, List<String> mirrors, boolean locked, Path keyring) {
        this.arch = arch;
        this.suites = Stream.concat(Stream.of(suite, suite + "-security", suite + "-updates"), extraSuites.stream()).toList();
        this.locked = locked;
        this.debs = cache.resolve("debs");
        try {
            if (!Files.exists(keyring)) {
                throw new ImageException(keyring + " is not there, so Debian's packages cannot be trusted: apt-get install debian-archive-keyring");
            }
            List<String> used = mirrors.isEmpty() ? ofThisMachine() : mirrors;
            List<String> sources = new ArrayList<>();
            for (String mirror : used) {
                boolean security = mirror.contains("security");
                List<String> names = new ArrayList<>(security ? List.of(suite + "-security") : List.of(suite, suite + "-updates"));
                names.addAll(security ? List.of() : extraSuites);
                String anyAge = locked || SNAPSHOT.matcher(mirror).find() ? " check-valid-until=no" : "";
                for (String name : names) {
                    sources.add("deb [signed-by=" + keyring + anyAge + "] " + mirror + " " + name + " main non-free-firmware");
                }
            }
            String text = String.join("\n", sources) + "\n";
            folder = cache.resolve("apt/" + arch + "-" + Digests.sha256(text.getBytes(StandardCharsets.UTF_8)).substring(0, 12));
            for (String made : List.of("lists/partial", "cache/archives/partial", "empty")) {
                Files.createDirectories(folder.resolve(made));
            }
            Files.createDirectories(debs);
            Files.writeString(folder.resolve("sources.list"), text);
            Files.writeString(folder.resolve("status"), "");
            StringBuilder preferences = new StringBuilder();
            extraSuites.forEach(name -> preferences.append("Package: *\nPin: release n=").append(name).append("\nPin-Priority: 50\n\n"));
            Files.writeString(folder.resolve("preferences"), preferences);
            // Without a lock an old index will do when there is no network; for the packages of a lock it would say that they are gone.
            Files.writeString(folder.resolve("apt.conf"), """
                    Dir::Etc::sourcelist "%1$s/sources.list";
                    Dir::Etc::sourceparts "%1$s/empty";
                    Dir::Etc::preferences "%1$s/preferences";
                    Dir::Etc::preferencesparts "%1$s/empty";
                    Dir::State "%1$s";
                    Dir::State::lists "%1$s/lists";
                    Dir::State::status "%1$s/status";
                    Dir::Cache "%1$s/cache";
                    APT::Architecture "%2$s";
                    APT::Architectures { "%2$s"; };
                    APT::Install-Recommends "false";
                    APT::Sandbox::User "root";
                    Acquire::Languages "none";
                    APT::Update::Error-Mode "%3$s";
                    """.formatted(folder, arch, locked ? "any" : "persistent"));
        } catch (IOException e) {
            throw new ImageException("cannot write to the cache " + cache + ": " + e.getMessage(), e);
        }
    }

    /** The Debian mirrors of this machine: what apt is set up with, whatever its release. */
    private static List<String> ofThisMachine() {
        Set<String> found = new LinkedHashSet<>();
        String targets = Tool.find("apt-get").run("indextargets", "--format", "$(ORIGIN)\t$(LABEL)\t$(REPO_URI)", "Created-By: Packages");
        targets.lines().map(line -> line.split("\t")).filter(part -> part.length == 3 && part[0].equals("Debian")).forEach(part -> found.add(part[2]));
        if (found.isEmpty()) {
            throw new ImageException("this machine's apt has no Debian mirror (or apt-get update was never run): name one with --mirror URL");
        }
        return List.copyOf(found);
    }

    /**
     * Chooses versions: the newest of every package named, of what they depend on, and of what is essential in Debian.
     *
     * @param unpacked packages of which only the files are used, without what they depend on
     * @param kernel a package that depends on the kernel's; it and the unpacked ones may be {@code package/suite}
     * @param linked packages whose Java modules are linked
     * @param compiling whether modules are compiled for the kernel
     */
    List<Lock.Package> resolve(List<String> packages, List<String> unpacked, String kernel, List<String> linked, boolean compiling) {
        update();
        List<Lock.Package> chosen = new ArrayList<>(withNeeds(packages, Lock.Use.INSTALL));
        for (String name : unpacked) {
            chosen.add(locked(show(name), Lock.Use.UNPACK));
        }
        for (String name : linked) {
            chosen.add(locked(show(name), Lock.Use.LINK));
        }
        Map<String, Lock.Package> kernels = new LinkedHashMap<>();
        addKernel(show(kernel), kernels);
        if (kernels.keySet().stream().noneMatch(name -> name.startsWith(KERNEL))) {
            throw new ImageException("the package " + kernel + " does not depend on a kernel (" + KERNEL + "...)");
        }
        chosen.addAll(kernels.values());
        if (compiling) {
            chosen.addAll(compilers(kernels.values().stream().filter(item -> item.name().startsWith(KERNEL)).findFirst().orElseThrow()));
        }
        return withSuites(chosen);
    }

    /** Each with the suite that it is from: the board's release before others, because a version may be in several. */
    private List<Lock.Package> withSuites(List<Lock.Package> chosen) {
        Map<String, String> first = new HashMap<>();
        for (Offer offer : offers(chosen)) {
            first.merge(offer.item(), offer.suite(), (one, other) -> suites.indexOf(one) <= suites.indexOf(other) ? one : other);
        }
        return chosen.stream().map(item -> item.from(first.getOrDefault(item.name() + " " + item.version(), ""))).toList();
    }

    /** @param item name and version; @param suite that has it */
    private record Offer(String item, String suite) {}

    /** All versions of these packages that the mirrors have. */
    private List<Offer> offers(List<Lock.Package> packages) {
        List<String> command = new ArrayList<>(List.of("madison"));
        packages.forEach(item -> command.add(item.name()));
        // A line a version and suite: name | version | address suite/component architecture Packages
        return apt("apt-cache").run(command).lines().map(OFFER::matcher).filter(Matcher::matches)
                .map(line -> new Offer(line.group(1) + " " + line.group(2), line.group(3))).toList();
    }

    /** What is essential in Debian, these packages, and all that they depend on. */
    private List<Lock.Package> withNeeds(List<String> packages, Lock.Use use) {
        List<String> command = new ArrayList<>(List.of("-s", "-qq", "install", "?essential"));
        command.addAll(packages);
        Map<String, String> versions = new LinkedHashMap<>();
        apt("apt-get").run(command).lines().map(INSTALLED::matcher).filter(Matcher::find).forEach(found -> versions.put(found.group(1), found.group(2)));
        Map<String, Map<String, String>> shown = showAll(versions);
        return versions.entrySet().stream().map(item -> locked(shown.get(item.getKey() + "=" + item.getValue()), use)).toList();
    }

    /** A kernel's headers and what compiles with them; not what they depend on besides, which is the kernel and what would install it. */
    private List<Lock.Package> compilers(Lock.Package kernel) {
        Map<String, String> headers = show("linux-headers-" + kernel.name().substring(KERNEL.length()) + "=" + kernel.version());
        List<String> needed = new ArrayList<>(List.of("binutils", "make"));
        Matcher part = COMPILING.matcher(headers.getOrDefault("Depends", ""));
        while (part.find()) {
            needed.add(part.group(1).startsWith("linux-") ? part.group(1) + "=" + kernel.version() : part.group(1));
        }
        List<Lock.Package> found = new ArrayList<>(withNeeds(needed, Lock.Use.BUILD));
        found.add(locked(headers, Lock.Use.BUILD));
        return found;
    }

    /** The package that follows the newest version depends on the kernel's own, and newer kernels are split into several. */
    private void addKernel(Map<String, String> fields, Map<String, Lock.Package> found) {
        Matcher part = KERNEL_PART.matcher(fields.getOrDefault("Depends", ""));
        while (part.find()) {
            if (!found.containsKey(part.group(1))) {
                Map<String, String> next = show(part.group(1) + "=" + part.group(2));
                found.put(part.group(1), locked(next, Lock.Use.UNPACK));
                addKernel(next, found);
            }
        }
    }

    private static Lock.Package locked(Map<String, String> fields, Lock.Use use) {
        return new Lock.Package(fields.get("Package"), fields.get("Version"), fields.get("Architecture"), fields.get("SHA256"),
                Long.parseLong(fields.get("Size")), use);
    }

    /** The index's entry of one package: fields by name. */
    private Map<String, String> show(String query) {
        try {
            return fields(apt("apt-cache").run("show", "--no-all-versions", query));
        } catch (ImageException e) {
            throw new ImageException("the Debian mirror has no package " + query + " for " + arch, e);
        }
    }

    /** Entries by {@code name=version}; all at once, because apt reads its whole index each time. */
    private Map<String, Map<String, String>> showAll(Map<String, String> versions) {
        List<String> command = new ArrayList<>(List.of("show"));
        versions.forEach((name, version) -> command.add(name + "=" + version));
        Map<String, Map<String, String>> shown = new HashMap<>();
        for (String stanza : apt("apt-cache").run(command).split("\n\n+")) {
            Map<String, String> fields = fields(stanza);
            shown.put(fields.get("Package") + "=" + fields.get("Version"), fields);
        }
        return shown;
    }

    private static Map<String, String> fields(String stanza) {
        Map<String, String> fields = new HashMap<>();
        stanza.lines().takeWhile(line -> !line.isEmpty()).filter(line -> !line.startsWith(" ") && line.contains(": "))
                .forEach(line -> fields.put(line.substring(0, line.indexOf(':')), line.substring(line.indexOf(':') + 2)));
        return fields;
    }

    /**
     * The .deb files of a lock, from the cache or the mirror; every one is checked against its SHA-256.
     *
     * @throws ImageException naming the packages that neither has any more
     */
    Map<Lock.Package, Path> fetch(Lock lock, Progress progress) {
        Set<String> seen = new HashSet<>();
        List<Lock.Package> missing = lock.packages().stream().filter(item -> seen.add(item.sha256()) && !isWhole(item)).toList();
        if (!missing.isEmpty()) {
            update();
            if (locked) {
                requireOnMirror(missing, lock);
            }
            download(missing, progress);
        }
        Map<Lock.Package, Path> files = new LinkedHashMap<>();
        lock.packages().forEach(item -> files.put(item, file(item)));
        return files;
    }

    /** A file of the cache is hashed each time: a crash damages it, and what is in it is signed. One that is not what it should be goes. */
    private boolean isWhole(Lock.Package item) {
        try {
            if (Files.exists(file(item)) && !Digests.sha256(file(item)).equals(item.sha256())) {
                Files.delete(file(item));
            }
            return Files.exists(file(item));
        } catch (IOException e) {
            throw new ImageException("the cached package " + file(item) + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Debian's mirrors have one version of a package only, or two. */
    private void requireOnMirror(List<Lock.Package> wanted, Lock lock) {
        Set<String> there = offers(wanted).stream().map(Offer::item).collect(Collectors.toSet());
        List<String> gone = wanted.stream().map(item -> item.name() + " " + item.version()).filter(item -> !there.contains(item)).toList();
        if (!gone.isEmpty()) {
            throw new ImageException("the Debian mirror does not have " + String.join(", ", gone.subList(0, Math.min(SHOWN, gone.size())))
                    + (gone.size() > SHOWN ? " and " + (gone.size() - SHOWN) + " more" : "") + " of the lock any more. Name mirrors that do, with --mirror for each: Debian's snapshot archive and "
                    + "that of its security archive, as of the time when the lock was made (" + TIME.format(Instant.ofEpochSecond(lock.buildDate())) + "); or make a new lock by building without --lock");
        }
    }

    private void download(List<Lock.Package> missing, Progress progress) {
        Path draft = folder.resolve("download");
        try {
            Files.createDirectories(draft);
            int done = 0;
            // In portions, so that the progress is true and an interrupted build keeps what it has.
            for (int from = 0; from < missing.size(); from += 40) {
                List<Lock.Package> portion = missing.subList(from, Math.min(missing.size(), from + 40));
                List<String> command = new ArrayList<>(List.of("-qq", "download"));
                portion.forEach(item -> command.add(item.name() + "=" + item.version()));
                try {
                    apt("apt-get").in(draft).run(command);
                } catch (ImageException e) {
                    throw new ImageException("the Debian mirror does not give all packages: " + e.getMessage() + "; try again", e);
                }
                try (Stream<Path> files = Files.list(draft)) {
                    for (Path file : (Iterable<Path>) files::iterator) {
                        Files.move(file, debs.resolve(Digests.sha256(file) + ".deb"), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                    }
                }
                for (Lock.Package item : portion) {
                    if (!Files.exists(file(item))) {
                        throw new ImageException("the mirror's " + item.name() + " " + item.version() + " is not the one of the lock (another SHA-256)");
                    }
                }
                done += portion.size();
                progress.detail(done + " of " + missing.size() + " packages");
            }
        } catch (IOException e) {
            throw new ImageException("cannot keep the packages in " + debs + ": " + e.getMessage(), e);
        }
    }

    private Path file(Lock.Package item) {
        return debs.resolve(item.sha256() + ".deb");
    }

    private void update() {
        if (!updated) {
            apt("apt-get").run("-qq", "update");
            updated = true;
        }
    }

    private Tool apt(String name) {
        return Tool.find(name).with("APT_CONFIG", folder.resolve("apt.conf").toString());
    }
}
