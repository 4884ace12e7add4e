package io.skerry.gitops.git;

import java.nio.file.Path;
import org.eclipse.jgit.lib.Config;
import org.eclipse.jgit.lib.StoredConfig;
import org.eclipse.jgit.storage.file.FileBasedConfig;
import org.eclipse.jgit.util.FS;
import org.eclipse.jgit.util.SystemReader;

/**
 * JGit's view of the machine: no settings of the user or the system, which would make devices differ, and none written (JGit saves
 * what it measures about file systems in the home folder). ssh:// goes through OpenSSH's client with the keys of the user.
 */
final class GitSettings extends SystemReader.Delegate {

    private GitSettings(SystemReader machine) {
        super(machine);
    }

    /** For the whole process; JGit has no narrower place for it. */
    static synchronized void install() {
        if (!(SystemReader.getInstance() instanceof GitSettings)) SystemReader.setInstance(new GitSettings(SystemReader.getInstance()));
    }

    @Override
    public String getenv(String variable) {
        String value = super.getenv(variable);
        return value == null && variable.equals("GIT_SSH") ? "ssh" : value;
    }

    @Override
    public FileBasedConfig openUserConfig(Config parent, FS fs) {
        return new Nothing(parent, fs);
    }

    @Override
    public FileBasedConfig openSystemConfig(Config parent, FS fs) {
        return new Nothing(parent, fs);
    }

    @Override
    public FileBasedConfig openJGitConfig(Config parent, FS fs) {
        return new Nothing(parent, fs);
    }

    @Override
    public StoredConfig getUserConfig() {
        return new Nothing(null, FS.DETECTED);
    }

    @Override
    public StoredConfig getSystemConfig() {
        return new Nothing(null, FS.DETECTED);
    }

    @Override
    public StoredConfig getJGitConfig() {
        return new Nothing(null, FS.DETECTED);
    }

    @Override
    public Path getXdgConfigDirectory(FS fileSystem) {
        return null;
    }

    /** Settings that are in no file. */
    private static final class Nothing extends FileBasedConfig {

        Nothing(Config parent, FS fs) {
            super(parent, null, fs);
        }

        @Override
        public void load() {}

        @Override
        public void save() {}

        @Override
        public boolean isOutdated() {
            return false;
        }
    }
}
