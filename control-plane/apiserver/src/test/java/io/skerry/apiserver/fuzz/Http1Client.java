package io.skerry.apiserver.fuzz;

import io.skerry.apiserver.fuzz.FuzzRequest.Header;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.TimeoutException;

/** HTTP/1.1 as bytes on a socket, because no client library sends what is not allowed. One connection at a time, kept while both sides agree. */
final class Http1Client implements AutoCloseable {
    private final int port;
    private Socket socket;
    private InputStream in;

    Http1Client(int port) {
        this.port = port;
    }

    /**
     * @param patienceMillis longest wait for any part of the answer
     * @param listenMillis how long a stream without events is listened to
     * @throws TimeoutException when the server neither answers nor closes
     */
    Answer send(FuzzRequest request, int patienceMillis, int listenMillis) throws TimeoutException {
        for (int attempt = 0;; attempt++) {
            boolean fresh = socket == null;
            try {
                if (fresh) {
                    socket = new Socket(InetAddress.getLoopbackAddress(), port);
                    in = new BufferedInputStream(socket.getInputStream());
                }
                socket.setSoTimeout(patienceMillis);
                return exchange(request, listenMillis);
            } catch (SocketTimeoutException e) {
                close();
                throw new TimeoutException("no answer within " + patienceMillis + " ms");
            } catch (IOException e) {
                close();
                // the server may have closed the connection after the answer before
                if (fresh || attempt > 0) {
                    return Answer.NONE;
                }
            }
        }
    }

    private Answer exchange(FuzzRequest request, int listenMillis) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ascii(out, request.method() + " " + request.target() + " HTTP/1.1\r\nHost: localhost\r\n");
        for (Header header : request.headers()) {
            ascii(out, header.name() + ": " + header.value() + "\r\n");
        }
        if (!request.has("Content-Length") && !request.has("Transfer-Encoding") && request.body().length > 0) {
            ascii(out, "Content-Length: " + request.body().length + "\r\n");
        }
        ascii(out, "\r\n");
        int length = request.body().length * request.cutAt() / 100;
        out.write(request.body(), 0, length);
        boolean misframed = request.has("Content-Length") || request.has("Transfer-Encoding");
        socket.getOutputStream().write(out.toByteArray());
        if (request.cutAt() < 100) {
            close();
            return Answer.NONE;
        }
        if (misframed) {
            // the server may wait for more: there is none
            socket.shutdownOutput();
        }
        Answer answer = read(request, listenMillis);
        if (misframed || !answer.whole()) {
            close();
        }
        return answer;
    }

    private Answer read(FuzzRequest request, int listenMillis) throws IOException {
        int code;
        String contentType;
        long length;
        boolean chunked;
        boolean closes;
        do {
            String[] status = line().split(" ", 3);
            code = Integer.parseInt(status[1]);
            contentType = "";
            length = -1;
            chunked = false;
            closes = false;
            for (String line = line(); !line.isEmpty(); line = line()) {
                int colon = line.indexOf(':');
                String value = line.substring(colon + 1).strip();
                switch (line.substring(0, colon).toLowerCase(Locale.ROOT)) {
                    case "content-type" -> contentType = value;
                    case "content-length" -> length = Long.parseLong(value);
                    case "transfer-encoding" -> chunked = value.equals("chunked");
                    case "connection" -> closes = value.equalsIgnoreCase("close");
                    default -> {
                    }
                }
            }
        } while (code == 100);
        if (code == 101) {
            return new Answer(code, contentType, FuzzRequest.NO_BODY, false);
        }
        if (request.method().equals("HEAD") || code == 204 || code == 304) {
            return new Answer(code, contentType, FuzzRequest.NO_BODY, !closes);
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        boolean stream = chunked && request.streams();
        if (stream) {
            socket.setSoTimeout(listenMillis);
        }
        try {
            if (chunked) {
                for (int size = Integer.parseInt(line(), 16); size > 0; size = Integer.parseInt(line(), 16)) {
                    body.write(in.readNBytes(size));
                    line();
                }
                line();
            } else if (length >= 0) {
                body.write(in.readNBytes((int) length));
                if (body.size() < length) {
                    throw new IOException("closed within an answer");
                }
            } else {
                body.write(in.readAllBytes());
                closes = true;
            }
        } catch (SocketTimeoutException e) {
            if (!stream) {
                throw e;
            }
            // heard enough of this watch: break off in its midst
            return new Answer(code, contentType, body.toByteArray(), false);
        }
        return new Answer(code, contentType, body.toByteArray(), !closes);
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException("closed");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    private static void ascii(ByteArrayOutputStream out, String text) {
        out.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Override
    public void close() {
        if (socket != null) {
            try {
                socket.close();
            } catch (IOException e) {
                // it is gone either way
            }
            socket = null;
        }
    }
}
