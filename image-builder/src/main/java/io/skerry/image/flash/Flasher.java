package io.skerry.image.flash;

import io.skerry.image.ImageException;
import io.skerry.image.settings.ServerFlags;
import io.skerry.image.settings.SettingsException;
import io.skerry.image.settings.SettingsFile;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** {@code skerry image flash}: from an image file to cards that each know who they are. */
public final class Flasher {
    /**
     * @param image {@code .img} or {@code .wic}, or with {@code .zst}
     * @param target block device, image file, or a folder that gets one file a card
     * @param settings a skerry.yaml to put on every card in place of the image's own; may be null
     * @param trusted Ed25519 public key (PEM) that must have signed the image; may be null
     * @param fixedToo also write to disks that are neither cards nor sticks
     * @param verify read back what was written
     */
    public record Job(Path image, Path target, Path settings, Path trusted, boolean fixedToo, boolean verify) {}

    /** Asks the person a question and returns the answer; null when there is nobody to ask. */
    public interface Person {
        String ask(String question);
    }

    private final Job job;
    private final SettingsFile reader;
    private final PrintStream out;
    private final boolean terminal;
    private final Person person;

    /**
     * @param serverFlags what the settings' section {@code server} is checked by
     * @param terminal whether {@code out} can rewrite a line
     * @param person null when everything was agreed to beforehand ({@code --yes})
     */
    public Flasher(Job job, ServerFlags serverFlags, PrintStream out, boolean terminal, Person person) {
        this.job = job;
        this.reader = SettingsFile.ofDevice(serverFlags);
        this.out = out;
        this.terminal = terminal;
        this.person = person;
    }

    /**
     * @param cards who the cards are, one after the other; empty: one card as the image is
     * @throws ImageException when anything is not as it must be; what was to be written to is then untouched, or has no partition table
     */
    public void run(List<CardIdentity> cards) throws IOException {
        ImageSource source = new ImageSource(job.image());
        requireImage(source);
        boolean folder = Files.isDirectory(job.target());
        if (folder && cards.isEmpty()) {
            throw new ImageException(job.target() + " is a folder: name a file or device, or add --device or --devices to get a file a card in it");
        }
        String settings = job.settings() == null ? null : readSettings(job.settings());
        if (settings != null) {
            requireGood(settings, job.settings().toString());
            for (CardIdentity card : cards) {
                requireGood(SettingsEdit.apply(settings, job.settings().toString(), card), job.settings() + " with " + card.hostname() + "'s identity");
            }
        }
        if (!folder) {
            target(job.target()).requireFit(0, job.fixedToo());
        }
        out.println("Checking " + source.file());
        if (!source.check(job.trusted())) {
            out.println("There is no " + source.file() + ".sha256: the image itself is not checked.");
        } else if (job.trusted() == null) {
            out.println("The checksum is right; who made the image was not checked (--key).");
        }
        source.requirePartitionTable();
        BlockMap map = source.blockMap();
        for (int i = 0; i < Math.max(1, cards.size()); i++) {
            Optional<CardIdentity> card = cards.isEmpty() ? Optional.empty() : Optional.of(cards.get(i));
            if (card.isPresent() && cards.size() > 1) {
                out.println("Card " + (i + 1) + " of " + cards.size() + ": " + card.get().hostname());
            }
            Path target = folder ? job.target().resolve(card.orElseThrow().hostname() + ".img") : job.target();
            if (i > 0 && !folder) {
                nextCard(card.orElseThrow());
            }
            flash(source, map, target, text -> {
                String base = settings != null ? settings : text;
                return card.map(identity -> SettingsEdit.apply(base, "skerry.yaml", identity)).orElse(base);
            }, settings != null || card.isPresent());
        }
    }

    private void flash(ImageSource source, BlockMap map, Path path, UnaryOperator<String> settings, boolean personal) throws IOException {
        Target asked = target(path);
        asked.requireFit(map.imageSize(), job.fixedToo());
        String state = asked.state();
        confirm(asked);
        // A person takes time to answer, and may have changed cards or mounted one.
        Target target = target(path);
        target.requireFit(map.imageSize(), job.fixedToo());
        if (!state.equals(target.state())) {
            throw new ImageException(path + " is not what it was when you were asked (" + state + "), nothing was written; start again");
        }
        try (DiskClaim claim = target.claim()) {
            CardWriter writer = new CardWriter(source, map, out, terminal);
            byte[] written = writer.write(target);
            if (job.verify()) {
                writer.verify(path, written);
            }
            if (personal) {
                ConfigPartition config = ConfigPartition.of(path);
                String wanted = settings.apply(config.readSettings());
                requireGood(wanted, path + ": skerry.yaml");
                config.writeSettings(wanted);
            }
        }
        out.println(path + " is ready.");
    }

    private static void requireImage(ImageSource source) {
        String name = source.file().getFileName().toString();
        if (!Files.isRegularFile(source.file())) {
            throw new ImageException("there is no image file " + source.file() + "; skerry image build makes one");
        }
        if (!name.matches(".*\\.(img|wic)(\\.zst)?")) {
            throw new ImageException(source.file() + " is not named .img or .wic, with or without .zst: it does not look like a disk image");
        }
    }

    private Target target(Path path) throws IOException {
        if (Files.isRegularFile(path) && Files.isSameFile(path, job.image())) {
            throw new ImageException(path + " is the image itself; name another file or a device");
        }
        return Target.of(path);
    }

    private void confirm(Target target) throws IOException {
        if (person == null || !target.isThere()) {
            return;
        }
        String name = target.path().getFileName().toString();
        String answer = person.ask("Everything on " + target.describe() + " will be lost. Type " + name + " to go on: ");
        if (!name.equals(answer == null ? null : answer.strip())) {
            throw new ImageException("nothing was written" + (answer == null ? ": there is no terminal to ask at; add --yes when you are sure" : ""));
        }
    }

    private void nextCard(CardIdentity card) {
        String answer = person == null ? null : person.ask("Insert the card for " + card.hostname() + " and press Enter: ");
        if (answer == null) {
            throw new ImageException("there is nobody to insert the card for " + card.hostname() + "; name a folder to get a file a card, or run this without --yes in a terminal");
        }
    }

    /** A card with settings that its device would refuse must not leave the house. */
    private void requireGood(String settings, String source) {
        try {
            reader.parse(settings.getBytes(StandardCharsets.UTF_8), source);
        } catch (SettingsException e) {
            throw new ImageException(e.getMessage(), e);
        }
    }

    private static String readSettings(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new ImageException("there is no file " + file);
        }
        return Files.readString(file);
    }
}
