package io.skerry.image.flash;

import java.io.PrintStream;
import java.util.Locale;

/** One line that tells how far a transfer is, how fast, and how long it will take. On a terminal it is rewritten; in a log it comes at every quarter. */
final class TransferProgress {
    private static final long REDRAW_NANOS = 200_000_000L;
    private static final int QUARTER = 25;

    private final PrintStream out;
    private final boolean terminal;
    private final String what;
    private final long total;
    private final long started = System.nanoTime();
    private long done;
    private long drawn = started - REDRAW_NANOS;
    private int quarter = -1;

    TransferProgress(PrintStream out, boolean terminal, String what, long total) {
        this.out = out;
        this.terminal = terminal;
        this.what = what;
        this.total = total;
    }

    void advance(long bytes) {
        done += bytes;
        long now = System.nanoTime();
        if (terminal) {
            if (now - drawn >= REDRAW_NANOS || done >= total) {
                drawn = now;
                out.print("\r" + line(now) + "\u001b[K");
                out.flush();
            }
        } else if (percent() / QUARTER > quarter) {
            quarter = percent() / QUARTER;
            out.println(line(now));
        }
    }

    void finish() {
        if (terminal) {
            out.println();
        }
    }

    private int percent() {
        return total == 0 ? 100 : (int) (done * 100 / total);
    }

    private String line(long now) {
        return describe(what, done, total, (now - started) / 1e9);
    }

    /** @param seconds since the start */
    static String describe(String what, long done, long total, double seconds) {
        double speed = seconds <= 0 ? 0 : done / seconds;
        String rest = done >= total ? String.format(Locale.ROOT, "done in %s", time(seconds))
                : speed == 0 ? "" : time((total - done) / speed) + " left";
        return String.format(Locale.ROOT, "%s %3d %%, %s of %s, %s/s, %s", what, total == 0 ? 100 : done * 100 / total, size(done), size(total), size((long) speed), rest);
    }

    static String size(long bytes) {
        return bytes >= 1_000_000_000L ? String.format(Locale.ROOT, "%.2f GB", bytes / 1e9) : String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }

    private static String time(double seconds) {
        long whole = Math.round(seconds);
        return whole >= 60 ? whole / 60 + " min " + whole % 60 + " s" : whole + " s";
    }
}
