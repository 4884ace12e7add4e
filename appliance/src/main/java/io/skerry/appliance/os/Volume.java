package io.skerry.appliance.os;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A file system that is written to for moments only: a FAT partition that is not mounted is not damaged by a power cut. */
interface Volume {
    /** What is done with the file system, given the folder it is mounted at. */
    @FunctionalInterface interface Work<T> {
        T on(Path folder) throws IOException;
    }

    <T> T read(Work<T> work) throws IOException;

    /** Returns when everything is on the medium. */
    <T> T write(Work<T> work) throws IOException;

    /**
     * Makes an empty file system in place of what is there, or of nothing: of the two boot partitions of a Raspberry Pi a new card has files on
     * one only.
     *
     * @param label of the file system, at most 11 characters
     */
    void format(String label) throws IOException;

    /** A folder that is there anyway. */
    static Volume folder(Path folder) {
        return new Volume() {
            @Override
            public <T> T read(Work<T> work) throws IOException {
                return work.on(folder);
            }

            @Override
            public <T> T write(Work<T> work) throws IOException {
                return work.on(folder);
            }

            @Override
            public void format(String label) throws IOException {
                List<Path> all;
                try (Stream<Path> found = Files.walk(folder)) {
                    all = found.filter(file -> !file.equals(folder)).sorted(Comparator.reverseOrder()).toList();
                }
                for (Path file : all) {
                    Files.delete(file);
                }
            }
        };
    }
}
