package io.skerry.image.build;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** What a board's boot loader needs, as files on FAT partitions. */
interface BootFiles {
    /** By partition label, then by path on that partition. */
    Map<String, Map<String, Path>> partitions();

    /** Members of an OS update file, in their order. */
    Map<String, Path> updateFiles() throws IOException;
}
