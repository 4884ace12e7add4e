package io.skerry.appliance.cli;

import io.skerry.apiserver.encryption.EncryptionKeys;
import io.skerry.appliance.UserError;
import io.skerry.appliance.config.CommonOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code skerry secrets-encrypt}, as {@code k3s secrets-encrypt}: the keys that encrypt the cluster's Secrets at rest. */
@Command(name = "secrets-encrypt", mixinStandardHelpOptions = true, subcommands = {SecretsEncryptCommand.Status.class, SecretsEncryptCommand.Enable.class,
        SecretsEncryptCommand.RotateKeys.class}, description = "Show and rotate the keys that encrypt Secrets at rest.")
public final class SecretsEncryptCommand implements Runnable {
    @Spec
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "name what to do, for example: skerry secrets-encrypt status");
    }

    /** What both have in common. */
    abstract static class Action implements Callable<Integer> {
        @Mixin
        CommonOptions options = new CommonOptions();

        @Spec
        CommandSpec spec;

        abstract void run(Path file, Consumer<String> out) throws IOException;

        @Override
        public Integer call() {
            try {
                run(options.encryptionKeys(), spec.commandLine().getOut()::println);
                return 0;
            } catch (IOException e) {
                throw new UserError(e.getMessage(), e);
            }
        }
    }

    @Command(name = "status", mixinStandardHelpOptions = true, description = "Name the keys, the one that encrypts first.")
    static final class Status extends Action {
        @Override
        void run(Path file, Consumer<String> out) throws IOException {
            if (!Files.exists(file)) {
                out.accept("Encryption Status: not set up: " + file + " is made when the server starts on a datastore that is empty or its own");
                return;
            }
            List<String> names = EncryptionKeys.load(file).names();
            out.accept("Encryption Status: Enabled (AES-GCM)");
            for (int i = 0; i < names.size(); i++) {
                out.accept((i == 0 ? " * " : "   ") + names.get(i) + (i == 0 ? "" : "  (decrypts older snapshots)"));
            }
        }
    }

    @Command(name = "enable", mixinStandardHelpOptions = true,
            description = "Make the key file for a shared datastore whose Secrets are not encrypted yet. Its servers encrypt them once they were all given it.")
    static final class Enable extends Action {
        @Override
        void run(Path file, Consumer<String> out) throws IOException {
            boolean there = Files.exists(file);
            List<String> names = EncryptionKeys.loadOrCreate(file, Clock.systemUTC()).names();
            out.accept(there ? file + " is there already, with key " + names.getFirst()
                    : "made " + file + " with key " + names.getFirst() + "; copy it to all servers of the datastore, then start them");
        }
    }

    @Command(name = "rotate-keys", mixinStandardHelpOptions = true,
            description = "Make a new key. The server encrypts all Secrets with it when it is started next.")
    static final class RotateKeys extends Action {
        @Override
        void run(Path file, Consumer<String> out) throws IOException {
            EncryptionKeys rotated = EncryptionKeys.load(file).rotated(Clock.systemUTC());
            rotated.save(file);
            out.accept("made key " + rotated.names().getFirst() + "; restart the server to encrypt with it");
        }
    }
}
