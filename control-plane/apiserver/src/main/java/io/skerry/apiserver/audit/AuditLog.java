package io.skerry.apiserver.audit;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * A file of one JSON line an event, mode 0600, kept small: at its largest size it is renamed to NAME-TIME.EXTENSION and a new one begun, and old ones
 * go by age and number (as kube-apiserver's log backend, whose files lumberjack turns). "-" writes to the standard output.
 */
public final class AuditLog implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(AuditLog.class.getName());
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH-mm-ss.SSS");
    private static final int MEGABYTE = 1024 * 1024;
    private static final int DEFAULT_MEGABYTES = 100;

    private final Path file;
    private final Limits limits;
    private final Clock clock;
    private OutputStream out;
    private long size;
    private boolean failed;

    /** @param maxAgeDays of old files, 0: any; @param maxBackups number of old files, 0: any; @param maxMegabytes of the file, 0: 100 */
    public record Limits(int maxAgeDays, int maxBackups, int maxMegabytes) {
        long bytes() {
            return (long) (maxMegabytes == 0 ? DEFAULT_MEGABYTES : maxMegabytes) * MEGABYTE;
        }
    }

    /** @throws IOException when the file cannot be opened for writing */
    public AuditLog(String path, Limits limits, Clock clock) throws IOException {
        this.file = path.equals("-") ? null : Path.of(path).toAbsolutePath();
        this.limits = limits;
        this.clock = clock;
        if (file == null) {
            out = System.out;
        } else {
            Files.createDirectories(file.getParent());
            open();
            prune();
        }
    }

    private void open() throws IOException {
        if (!Files.exists(file)) {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        size = Files.size(file);
        out = Files.newOutputStream(file, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    }

    /** Writes one event; what cannot be written (a full disk) is told once in the log and lost, as requests go on. */
    synchronized void write(byte[] json) {
        byte[] line = Arrays.copyOf(json, json.length + 1);
        line[json.length] = '\n';
        try {
            if (file != null && size > 0 && size + line.length > limits.bytes()) {
                turn();
            }
            out.write(line);
            out.flush();
            size += line.length;
            failed = false;
        } catch (IOException e) {
            if (!failed) {
                LOG.log(System.Logger.Level.ERROR, "audit events are lost: " + e.getMessage(), e);
            }
            failed = true;
        }
    }

    private void turn() throws IOException {
        out.close();
        String time = TIME.format(LocalDateTime.ofInstant(clock.instant(), ZoneOffset.UTC));
        Files.move(file, file.resolveSibling(prefix() + time + extension()));
        open();
        prune();
    }

    private String prefix() {
        String name = file.getFileName().toString();
        return name.substring(0, name.length() - extension().length()) + "-";
    }

    private String extension() {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot < 0 ? "" : name.substring(dot);
    }

    private record Old(Path file, Instant time) {
    }

    private void prune() throws IOException {
        List<Old> old = new ArrayList<>();
        try (DirectoryStream<Path> beside = Files.newDirectoryStream(file.getParent())) {
            for (Path each : beside) {
                String name = each.getFileName().toString();
                if (name.startsWith(prefix()) && name.endsWith(extension()) && name.length() > prefix().length() + extension().length()) {
                    try {
                        String time = name.substring(prefix().length(), name.length() - extension().length());
                        old.add(new Old(each, LocalDateTime.parse(time, TIME).toInstant(ZoneOffset.UTC)));
                    } catch (DateTimeParseException notOurs) {
                        // another file with a similar name
                    }
                }
            }
        }
        old.sort(Comparator.comparing(Old::time).reversed());
        Instant oldest = clock.instant().minus(Duration.ofDays(limits.maxAgeDays()));
        for (int i = 0; i < old.size(); i++) {
            if (limits.maxBackups() > 0 && i >= limits.maxBackups() || limits.maxAgeDays() > 0 && old.get(i).time().isBefore(oldest)) {
                Files.deleteIfExists(old.get(i).file());
            }
        }
    }

    @Override
    public synchronized void close() throws IOException {
        if (file != null) {
            out.close();
        }
    }
}
