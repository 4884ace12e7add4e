package io.skerry.image.build;

import io.skerry.image.Digests;
import io.skerry.image.ImageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Debian, installed by mmdebstrap from exactly the packages of a lock, as a tar archive that is kept for the next build, with its SHA-256 beside it. */
final class BaseSystem {
    /** Time that maintainer scripts see. It does not depend on the build, so that builds can share a base. */
    private static final String DATE = "1754697600";
    /** Rises when the way a base is made changes, so that none made the old way is used. */
    private static final int GENERATION = 1;

    private BaseSystem() {}

    /** @return the archive; never changed once it is there */
    static Path make(Path cache, Lock lock, String arch, Map<Lock.Package, Path> debs) throws IOException {
        Path file = cache.resolve("base/" + arch + "-" + GENERATION + "-" + lock.baseKey() + ".tar");
        Path digest = file.resolveSibling(file.getFileName() + ".sha256");
        if (Files.exists(file) && Files.exists(digest) && Files.readString(digest).equals(Digests.sha256(file))) {
            return file;
        }
        Files.createDirectories(file.getParent());
        boolean root = System.getProperty("user.name").equals("root");
        // apt is another user inside the user namespace of mmdebstrap: it cannot look into a home folder, where the cache mostly is.
        Path work = root ? Files.createTempDirectory(cache, "base-") : Files.createTempDirectory("skerry-base-");
        Path draft = file.resolveSibling("." + work.getFileName() + ".tar");
        try {
            repository(work, lock, debs);
            readableByAll(work);
            Tool mmdebstrap = Tool.find("mmdebstrap").with("SOURCE_DATE_EPOCH", DATE);
            mmdebstrap.run(List.of("--quiet", "--mode=" + (root ? "root" : "unshare"),
                    "--variant=essential", "--architectures=" + arch, "--format=tar",
                    "--aptopt=APT::Sandbox::User \"root\"", "--aptopt=APT::Install-Recommends \"false\"",
                    "--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/locale/*", "--dpkgopt=path-exclude=/usr/share/info/*",
                    "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-include=/usr/share/doc/*/copyright",
                    "--include=" + String.join(",", lock.used(Lock.Use.INSTALL).stream().map(Lock.Package::name).toList()),
                    // No suite: with one, mmdebstrap takes only that suite's packages for essential, and this repository has none.
                    "", draft.toString(), "deb [trusted=yes] copy:" + work.resolve("repository") + " ./"));
            Files.writeString(digest, Digests.sha256(draft));
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
            return file;
        } catch (ImageException e) {
            throw new ImageException("the base system cannot be installed: " + e.getMessage() + hint(e.getMessage(), arch), e);
        } finally {
            Files.deleteIfExists(draft);
            WorkFolder.delete(work);
        }
    }

    private static String hint(String said, String arch) {
        if (said.contains("binfmt") || said.contains("arch-test") || said.contains("Exec format")) {
            return "; to build for " + arch + " on this machine: apt-get install qemu-user-static binfmt-support";
        }
        return said.matches("(?s).*(subuid|subgid|newuidmap|newgidmap|unshare).*")
                ? "; to build without root: apt-get install uidmap, and usermod --add-subuids 100000-165535 --add-subgids 100000-165535 " + System.getProperty("user.name") : "";
    }

    private static void readableByAll(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : (Iterable<Path>) all::iterator) {
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(Files.isDirectory(path) ? "rwxr-xr-x" : "rw-r--r--"));
            }
        }
    }

    /** A package repository with just the locked packages: nothing else can get in, and nothing is fetched. */
    private static void repository(Path work, Lock lock, Map<Lock.Package, Path> debs) throws IOException {
        Path folder = Files.createDirectory(work.resolve("repository"));
        Tool dpkg = Tool.find("dpkg-deb");
        StringBuilder index = new StringBuilder();
        for (Lock.Package item : lock.used(Lock.Use.INSTALL)) {
            String name = item.sha256() + ".deb";
            try {
                Files.createLink(folder.resolve(name), debs.get(item));
            } catch (IOException | UnsupportedOperationException e) {
                Files.copy(debs.get(item), folder.resolve(name));
            }
            index.append(dpkg.run("-f", debs.get(item).toString()).strip()).append("\nFilename: ./").append(name)
                    .append("\nSize: ").append(item.size()).append("\nSHA256: ").append(item.sha256()).append("\n\n");
        }
        byte[] bytes = index.toString().getBytes(StandardCharsets.UTF_8);
        Files.write(folder.resolve("Packages"), bytes);
        // mmdebstrap takes essential packages only from a repository with the suite's name.
        Files.writeString(folder.resolve("Release"), "Suite: locked\nCodename: locked\nDate: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n "
                + Digests.sha256(bytes) + " " + bytes.length + " Packages\n");
    }
}
