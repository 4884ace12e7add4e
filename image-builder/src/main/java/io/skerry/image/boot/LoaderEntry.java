package io.skerry.image.boot;

import io.skerry.image.layout.Slot;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A systemd-boot menu entry of one slot (UAPI Boot Loader Specification, type 1) and the boot counter in its file's name
 * (systemd-boot(7), "Boot Counting"): {@code skerry-a.conf} is known to be good, {@code skerry-b+3.conf} has three tries, and after the
 * first of them the loader has renamed it to {@code skerry-b+2-1.conf}. Entries whose tries are used up sort last.
 *
 * @param order the entry's {@code version}: rises with each update, so that the newest entry that is not used up sorts first
 * @param osVersion shown in the menu
 * @param options the kernel's command line
 * @param triesLeft null when the entry is known to be good
 * @param triesDone how often it was tried since it was written; 0 in a name without that part
 */
public record LoaderEntry(Slot slot, long order, String osVersion, String options, Integer triesLeft, int triesDone) {
    /** On the EFI system partition. */
    public static final String FOLDER = "loader/entries";
    /** How often a new slot is tried before the loader goes back to the other one. */
    public static final int TRIES = 3;

    private static final String SORT_KEY = "skerry";
    private static final Pattern FILE_NAME = Pattern.compile("skerry-([ab])(?:\\+(\\d{1,9})(?:-(\\d{1,9}))?)?\\.conf");

    /** An entry that needs no more tries. */
    public static LoaderEntry good(Slot slot, long order, String osVersion, String options) {
        return new LoaderEntry(slot, order, osVersion, options, null, 0);
    }

    /** A new entry, to be tried {@link #TRIES} times. */
    public static LoaderEntry untried(Slot slot, long order, String osVersion, String options) {
        return new LoaderEntry(slot, order, osVersion, options, TRIES, 0);
    }

    public boolean isGood() {
        return triesLeft == null;
    }

    /** Whether the loader has given up on it. */
    public boolean isUsedUp() {
        return triesLeft != null && triesLeft == 0;
    }

    /** This entry as known to be good: write or rename it to {@link #fileName()} of the result. */
    public LoaderEntry blessed() {
        return good(slot, order, osVersion, options);
    }

    public String fileName() {
        String counter = triesLeft == null ? "" : "+" + triesLeft + (triesDone == 0 ? "" : "-" + triesDone);
        return "skerry-" + slot.letter() + counter + ".conf";
    }

    /** Folder of the slot's kernel and initrd on the EFI system partition, without a leading slash. */
    public static String kernelFolder(Slot slot) {
        return "skerry/" + slot.letter();
    }

    /** Whether {@link #parse} knows this name: the folder may hold entries of others. */
    public static boolean isName(String fileName) {
        return FILE_NAME.matcher(fileName).matches();
    }

    /** The file's text. */
    public String render() {
        String folder = "/" + kernelFolder(slot);
        return "title Skerry " + osVersion + " (slot " + slot.letter() + ")\n"
                + "sort-key " + SORT_KEY + "\n"
                + "version " + order + "\n"
                + "linux " + folder + "/linux\n"
                + "initrd " + folder + "/initrd\n"
                + "options " + options + "\n";
    }

    /**
     * Reads what {@link #render} wrote under a name that {@link #fileName} or the loader made.
     *
     * @throws IllegalArgumentException saying what is wrong with the name or text
     */
    public static LoaderEntry parse(String fileName, String text) {
        Matcher name = FILE_NAME.matcher(fileName);
        if (!name.matches()) {
            throw new IllegalArgumentException(fileName + ": not the name of one of our loader entries, which are like skerry-a.conf and skerry-b+2-1.conf");
        }
        Map<String, String> fields = new LinkedHashMap<>();
        for (String line : text.split("\\R")) {
            String[] field = line.strip().split("\\s+", 2);
            if (field.length == 2 && !field[0].startsWith("#")) {
                fields.merge(field[0], field[1], (first, more) -> first + " " + more);
            }
        }
        String options = fields.get("options");
        if (options == null) {
            throw new IllegalArgumentException(fileName + ": has no \"options\" line");
        }
        String osVersion = KernelArguments.value(options, KernelArguments.VERSION);
        return new LoaderEntry(Slot.of(name.group(1)), number(fileName, fields.get("version")), osVersion == null ? "" : osVersion, options,
                name.group(2) == null ? null : Integer.valueOf(name.group(2)), name.group(3) == null ? 0 : Integer.parseInt(name.group(3)));
    }

    private static long number(String fileName, String version) {
        try {
            return Long.parseLong(String.valueOf(version));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(fileName + ": its \"version\" must be a whole number, not " + version);
        }
    }
}
