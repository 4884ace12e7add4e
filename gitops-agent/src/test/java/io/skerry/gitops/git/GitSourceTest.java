package io.skerry.gitops.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.SimpleFileServer;
import io.skerry.gitops.FleetRepo;
import io.skerry.gitops.GitHttpServer;
import io.skerry.gitops.git.GitRemote.Credentials;
import io.skerry.gitops.kustomize.FileTree;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GitSourceTest {

    @TempDir
    Path folder;

    private FleetRepo repo;
    private Path clone;

    @BeforeEach
    void makeRepository() throws Exception {
        repo = new FleetRepo(folder);
        clone = folder.resolve("clone.git");
    }

    private static String read(GitSource source, String commit, String path) throws Exception {
        return new String(source.files(commit).read(path), StandardCharsets.UTF_8);
    }

    @Test
    void fetchesNewCommitsOverHttp() throws Exception {
        String first = repo.write("a.txt", "one").write("d/b.txt", "b").push("first");
        try (GitHttpServer server = new GitHttpServer(repo.served(), 0); GitSource source = new GitSource(GitRemote.of(server.url("fleet.git")), clone)) {
            assertThat(source.fetch()).isEqualTo(first);
            assertThat(read(source, first, "a.txt")).isEqualTo("one");
            FileTree files = source.files(first);
            assertThat(files.kind("d")).contains(FileTree.Kind.DIRECTORY);
            assertThat(files.kind("d/b.txt")).contains(FileTree.Kind.FILE);
            assertThat(files.kind("d/c.txt")).isEmpty();
            assertThat(files.kind("a.txt/x")).isEmpty();
            assertThat(files.list("")).extracting(FileTree.Entry::name).containsExactly("a.txt", "d");

            Map<Path, FileTime> before = times();
            assertThat(source.fetch()).isEqualTo(first);
            assertThat(times()).as("fetching what is here already writes nothing").isEqualTo(before);

            for (int i = 0; i < 30; i++) {
                String next = repo.write("a.txt", "version " + i).push("next");
                assertThat(source.fetch()).isEqualTo(next);
                assertThat(read(source, next, "a.txt")).isEqualTo("version " + i);
            }
            try (Stream<Path> packs = Files.list(clone.resolve("objects/pack"))) {
                assertThat(packs.filter(file -> file.toString().endsWith(".pack")).count()).as("packs are tidied").isLessThanOrEqualTo(21);
            }
        }
    }

    /** Files behind a web server, which {@code git clone} takes one by one. */
    @Test
    void aServerThatOnlyHasFilesIsNamedAsSuch() throws Exception {
        repo.write("a.txt", "one").push("first");
        Path bare;
        try (Stream<Path> found = Files.walk(repo.served(), 2)) {
            bare = found.filter(path -> Files.exists(path.resolve("HEAD"))).findFirst().orElseThrow();
        }
        assertThat(new ProcessBuilder("git", "-C", bare.toString(), "update-server-info").start().waitFor()).isZero();
        HttpServer server = SimpleFileServer.createFileServer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), repo.served().toAbsolutePath(), SimpleFileServer.OutputLevel.NONE);
        server.start();
        String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/" + repo.served().relativize(bare);
        try (GitSource source = new GitSource(GitRemote.of(url), clone)) {
            assertThatThrownBy(source::fetch).isInstanceOf(GitException.class).message()
                    .isEqualTo("the fleet repository " + url + " can't be fetched: the server has the files but does not speak Git's protocol; put git-http-backend or a Git server there");
        } finally {
            server.stop(0);
        }
    }

    private Map<Path, FileTime> times() throws Exception {
        Map<Path, FileTime> times = new TreeMap<>();
        try (Stream<Path> files = Files.walk(clone)) {
            for (Path file : files.toList()) times.put(file, Files.getLastModifiedTime(file));
        }
        return times;
    }

    @Test
    void followsARewrittenBranchAndOtherBranches() throws Exception {
        repo.write("a.txt", "one").push("first");
        String second = repo.write("a.txt", "two").push("second");
        try (GitHttpServer server = new GitHttpServer(repo.served(), 0); GitSource source = new GitSource(GitRemote.of(server.url("fleet.git")), clone)) {
            assertThat(source.fetch()).isEqualTo(second);
            repo.git("reset", "-q", "--hard", "HEAD~1");
            String other = repo.write("a.txt", "other").push("rewritten");
            assertThat(source.fetch()).isEqualTo(other);
            assertThat(read(source, other, "a.txt")).isEqualTo("other");
            repo.git("reset", "-q", "--hard", "HEAD~1");
            repo.git("push", "-q", "--force", "origin", "HEAD:main");
            String first = repo.git("rev-parse", "HEAD").strip();
            assertThat(source.fetch()).isEqualTo(first);
            assertThat(read(source, first, "a.txt")).isEqualTo("one");
        }
        try (GitHttpServer server = new GitHttpServer(repo.served(), 0);
                GitSource source = new GitSource(GitRemote.of(server.url("fleet.git")).withBranch("nope"), folder.resolve("other.git"))) {
            assertThatThrownBy(source::fetch).isInstanceOf(GitException.class).hasMessageContaining("no branch \"nope\"; it has main");
        }
    }

    @Test
    void usesCredentialsAndSaysWhenTheyAreRefused() throws Exception {
        String commit = repo.write("a.txt", "one").push("first");
        try (GitHttpServer server = new GitHttpServer(repo.served(), 0, "device", "s3cret")) {
            GitRemote remote = GitRemote.of(server.url("fleet.git"));
            try (GitSource source = new GitSource(remote, clone)) {
                assertThatThrownBy(source::fetch).isInstanceOf(GitException.class).hasMessageContaining("refuses the credentials");
            }
            try (GitSource source = new GitSource(remote.withCredentials(new Credentials("device", "wrong")), clone)) {
                assertThatThrownBy(source::fetch).isInstanceOf(GitException.class).hasMessageContaining("refuses the credentials");
            }
            try (GitSource source = new GitSource(remote.withCredentials(new Credentials("device", "s3cret")), clone)) {
                assertThat(source.fetch()).isEqualTo(commit);
            }
        }
    }

    @Test
    void saysWhenTheServerIsAwayAndGoesOnWhenItIsBack() throws Exception {
        String first = repo.write("a.txt", "one").push("first");
        GitHttpServer server = new GitHttpServer(repo.served(), 0);
        int port = server.port();
        try (GitSource source = new GitSource(GitRemote.of(server.url("fleet.git")), clone)) {
            assertThat(source.fetch()).isEqualTo(first);
            server.close();
            String second = repo.write("a.txt", "two").push("second");
            assertThatThrownBy(source::fetch).isInstanceOf(GitException.class).hasMessageContaining("can't be reached");
            assertThat(read(source, first, "a.txt")).isEqualTo("one");
            try (GitHttpServer again = new GitHttpServer(repo.served(), port)) {
                assertThat(source.fetch()).isEqualTo(second);
            }
        }
    }

    @Test
    void makesABrokenCloneAnew() throws Exception {
        String first = repo.write("a.txt", "one").push("first");
        try (GitHttpServer server = new GitHttpServer(repo.served(), 0)) {
            GitRemote remote = GitRemote.of(server.url("fleet.git"));
            try (GitSource source = new GitSource(remote, clone)) {
                source.fetch();
            }
            // Objects gone, as after a power cut; a lock left by a killed process.
            try (Stream<Path> packs = Files.walk(clone.resolve("objects"))) {
                for (Path file : packs.filter(Files::isRegularFile).toList()) Files.delete(file);
            }
            Files.createFile(clone.resolve("refs/heads/fleet.lock"));
            try (GitSource source = new GitSource(remote, clone)) {
                assertThat(source.fetch()).isEqualTo(first);
                assertThat(read(source, first, "a.txt")).isEqualTo("one");
            }
            Files.writeString(clone.resolve("config"), "this is [no config");
            try (GitSource source = new GitSource(remote, clone)) {
                assertThat(source.fetch()).isEqualTo(first);
            }
            Files.write(clone.resolve("refs/heads/fleet"), new byte[41]);
            try (GitSource source = new GitSource(remote, clone)) {
                assertThat(source.fetch()).isEqualTo(first);
            }
        }
    }

    @Test
    void readsFilesAndPathsAndFollowsLinksInside() throws Exception {
        repo.write("real/file.txt", "linked");
        Path work = folder.resolve("work");
        Files.createSymbolicLink(work.resolve("link"), Path.of("real/file.txt"));
        Files.createSymbolicLink(work.resolve("dir"), Path.of("real"));
        Files.createSymbolicLink(work.resolve("out"), Path.of("../../../etc/passwd"));
        Files.createSymbolicLink(work.resolve("loop"), Path.of("loop"));
        String commit = repo.push("links");
        for (String url : List.of(folder.resolve("served/fleet.git").toString(), "file://" + folder.resolve("served/fleet.git"))) {
            try (GitSource source = new GitSource(GitRemote.of(url), folder.resolve("by" + url.length()))) {
                assertThat(source.fetch()).isEqualTo(commit);
                assertThat(read(source, commit, "link")).isEqualTo("linked");
                assertThat(read(source, commit, "dir/file.txt")).isEqualTo("linked");
                assertThatThrownBy(() -> source.files(commit).read("out")).hasMessageContaining("leads out of the repository");
                assertThatThrownBy(() -> source.files(commit).read("loop")).hasMessageContaining("too many symbolic links");
            }
        }
    }

    /** ssh:// and scp-like addresses go through the ssh on the PATH; one that runs the command here stands in for a server. */
    @Test
    void fetchesThroughTheMachinesSsh() throws Exception {
        String commit = repo.write("a.txt", "one").push("first");
        Path ssh = Files.createDirectory(folder.resolve("bin")).resolve("ssh");
        Files.writeString(ssh, """
                #!/bin/sh
                echo "$@" >> %s
                unset GIT_DIR GIT_COMMON_DIR
                for last; do :; done
                exec sh -c "$last"
                """.formatted(folder.resolve("ssh.log")));
        assertThat(ssh.toFile().setExecutable(true)).isTrue();
        Path bare = repo.served().resolve("fleet.git");
        for (String url : List.of("ssh://git@somewhere:2222" + bare, "git@somewhere:" + bare)) {
            ProcessBuilder child = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
                    System.getProperty("java.class.path"), Child.class.getName(), url, folder.resolve("clone" + url.length()).toString()).redirectError(ProcessBuilder.Redirect.DISCARD);
            child.environment().put("PATH", ssh.getParent() + ":" + System.getenv("PATH"));
            Process process = child.start();
            assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip()).isEqualTo(commit);
        }
        assertThat(Files.readAllLines(folder.resolve("ssh.log"))).contains("-p 2222 git@somewhere git-upload-pack '" + bare + "'", "git@somewhere git-upload-pack '" + bare + "'");
    }

    /** Runs in the child process, whose PATH the test can choose. */
    static final class Child {

        public static void main(String[] arguments) {
            try (GitSource source = new GitSource(GitRemote.of(arguments[0]), Path.of(arguments[1]))) {
                System.out.println(source.fetch());
            } catch (GitException e) {
                System.out.println(e.getMessage());
            }
        }
    }
}
