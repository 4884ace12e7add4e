package io.skerry.gitops.git;

import java.time.Duration;
import java.util.Optional;

/**
 * The fleet repository.
 *
 * @param url         http://, https://, ssh:// or file:// URL, or an absolute path
 * @param branch      the branch to follow, without {@code refs/heads/}
 * @param credentials for http(s): user and password, or a token; empty: anonymous, or what the URL carries
 * @param interval    between two fetches (each is lengthened by up to a tenth at random, so that a fleet does not fetch in step)
 * @param timeout     of a connection without progress
 */
public record GitRemote(String url, String branch, Optional<Credentials> credentials, Duration interval, Duration timeout) {

    public static final Duration DEFAULT_INTERVAL = Duration.ofMinutes(1);
    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);

    /** Basic authentication; a token goes as the password with any user name but an empty one (GitHub, GitLab and Gitea take it so). */
    public record Credentials(String username, String password) {

        public static Credentials token(String token) {
            return new Credentials("git", token);
        }

        @Override
        public String toString() {
            return "Credentials[" + username + "]";
        }
    }

    public GitRemote {
        if (url == null || url.isBlank()) throw new IllegalArgumentException("the fleet repository's URL is empty");
        if (branch == null || branch.isBlank()) throw new IllegalArgumentException("the fleet repository's branch is empty");
    }

    /** Anonymous, main branch, default interval and timeout. */
    public static GitRemote of(String url) {
        return new GitRemote(url, "main", Optional.empty(), DEFAULT_INTERVAL, DEFAULT_TIMEOUT);
    }

    public GitRemote withBranch(String value) {
        return new GitRemote(url, value, credentials, interval, timeout);
    }

    public GitRemote withInterval(Duration value) {
        return new GitRemote(url, branch, credentials, value, timeout);
    }

    public GitRemote withCredentials(Credentials value) {
        return new GitRemote(url, branch, Optional.of(value), interval, timeout);
    }
}
