package io.skerry.appliance.os;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/**
 * An OS update file on an HTTP server, by range (RFC 9110, 14) with {@code If-Range}, so that what was fetched before a link dropped, or
 * the power was cut, is not fetched again. A server without ranges works, too: what is there already is then read past.
 */
final class HttpImageSource implements ImageSource {
    /** One a download: a static one would be made when the native image is built, with that machine's proxies. */
    private final OkHttpClient client = new OkHttpClient.Builder().connectTimeout(Duration.ofSeconds(20)).readTimeout(Duration.ofSeconds(60))
            .followSslRedirects(false).build();
    private final String url;
    private String validator;

    /** @param validator the one of an earlier download that is to be gone on with; "" for none */
    HttpImageSource(String url, String validator) {
        this.url = url;
        this.validator = validator;
    }

    @Override
    public InputStream open(long offset) throws IOException {
        Request.Builder request = new Request.Builder().url(url).header("Accept-Encoding", "identity").header("User-Agent", "skerry");
        if (offset > 0) {
            request.header("Range", "bytes=" + offset + "-");
            if (!validator.isEmpty()) {
                request.header("If-Range", validator);
            }
        }
        Response response = client.newCall(request.build()).execute();
        boolean good = false;
        try {
            long skip = check(response, offset);
            InputStream body = response.body().byteStream();
            body.skipNBytes(skip);
            good = true;
            return new FilterInputStream(body) {
                @Override
                public void close() {
                    // Not the stream's close(), which would read the rest of a file of hundreds of megabytes.
                    response.close();
                }
            };
        } finally {
            if (!good) {
                response.close();
            }
        }
    }

    /** @return how many bytes of the body come before the offset */
    private long check(Response response, long offset) throws IOException {
        String found = strong(response.header("ETag"));
        if (response.code() == 206) {
            String range = response.header("Content-Range", "");
            if (!range.startsWith("bytes " + offset + "-")) {
                throw new IOException(url + ": asked for bytes from " + offset + ", the server sent " + range);
            }
            return 0;
        }
        if (response.code() == 416) {
            throw new IOException(url + ": the file ends before byte " + offset + "; is it published whole?");
        }
        if (response.code() != 200) {
            throw new IOException("GET " + url + ": " + response.code() + " " + response.message());
        }
        boolean changed = offset > 0 && !validator.isEmpty() && !validator.equals(found);
        validator = found;
        if (changed) {
            throw new ChangedException(url + " changed while it was fetched");
        }
        return offset;
    }

    /** A weak validator says nothing about bytes (RFC 9110, 8.8.3.2). */
    private static String strong(String etag) {
        return etag == null || etag.startsWith("W/") ? "" : etag;
    }

    @Override
    public String validator() {
        return validator;
    }

    @Override
    public boolean remote() {
        return true;
    }

    @Override
    public String toString() {
        return url;
    }

    /** What was fetched so far is of another file: to be begun anew. */
    static final class ChangedException extends IOException {
        private static final long serialVersionUID = 1;

        ChangedException(String message) {
            super(message);
        }
    }
}
