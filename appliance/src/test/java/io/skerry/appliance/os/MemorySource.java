package io.skerry.appliance.os;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/** An update file in memory. */
class MemorySource implements ImageSource {
    private final byte[] content;

    MemorySource(byte[] content) {
        this.content = content;
    }

    @Override
    public InputStream open(long offset) throws IOException {
        return new ByteArrayInputStream(content, (int) offset, content.length - (int) offset);
    }

    @Override
    public boolean remote() {
        return false;
    }

    @Override
    public String toString() {
        return "the test's image";
    }
}
