package io.skerry.appliance.os;

import java.io.IOException;
import java.nio.file.Path;

/** A file system that is written to for moments only: a FAT partition that is not mounted is not damaged by a power cut. */
interface Volume {
    /** What is done with the file system, given the folder it is mounted at. */
    @FunctionalInterface interface Work<T> {
        T on(Path folder) throws IOException;
    }

    <T> T read(Work<T> work) throws IOException;

    /** Returns when everything is on the medium. */
    <T> T write(Work<T> work) throws IOException;

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
        };
    }
}
