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

/** Debian, installed by mmdebstrap from exactly the packages of a lock, as a tar archive that is kept for the next build. */
final class BaseSystem {
    /** Time that maintainer scripts see. It does not depend on the build, so that builds can share a base. */
    private static final String DATE = "1754697600";
    /** Rises when the way a base is made changes, so that none made the old way is used. */
    private static final int GENERATION = 1;

    private BaseSystem() {}

    /** @return the archive; never changed once it is there */
    static Path make(Path cache, Lock lock, String arch, Map<Lock.Package, Path> debs) throws IOException {
        Path file = cache.resolve("base/" + arch + "-" + GENERATION + "-" + lock.baseKey() + ".tar");
        if (Files.exists(file)) {
            return file;
        }
        Files.createDirectories(file.getParent());
        Path work = Files.createTempDirectory(cache, "base-");
        try {
            // apt, inside the user namespace of mmdebstrap, must be able to read it.
            Files.setPosixFilePermissions(work, PosixFilePermissions.fromString("rwxr-xr-x"));
            repository(work, lock, debs);
            Path draft = work.resolve("base.tar");
            Tool mmdebstrap = Tool.find("mmdebstrap").with("SOURCE_DATE_EPOCH", DATE);
            mmdebstrap.run(List.of("--quiet", "--mode=" + (System.getProperty("user.name").equals("root") ? "root" : "unshare"),
                    "--variant=essential", "--architectures=" + arch, "--format=tar",
                    "--aptopt=APT::Sandbox::User \"root\"", "--aptopt=APT::Install-Recommends \"false\"",
                    "--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/locale/*", "--dpkgopt=path-exclude=/usr/share/info/*",
                    "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-include=/usr/share/doc/*/copyright",
                    "--include=" + String.join(",", lock.used(Lock.Use.INSTALL).stream().map(Lock.Package::name).toList()),
                    // No suite: with one, mmdebstrap takes only that suite's packages for essential, and this repository has none.
                    "", draft.toString(), "deb [trusted=yes] copy:" + work.resolve("repository") + " ./"));
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
            return file;
        } catch (ImageException e) {
            String hint = e.getMessage().contains("binfmt") || e.getMessage().contains("arch-test") || e.getMessage().contains("Exec format")
                    ? "; to build for " + arch + " on this machine: apt-get install qemu-user-static binfmt-support" : "";
            throw new ImageException("the base system cannot be installed: " + e.getMessage() + hint, e);
        } finally {
            WorkFolder.delete(work);
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
