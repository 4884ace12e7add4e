package io.skerry.node.probes;

import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.HTTPHeader;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * One HTTP GET for a probe, of which only the status line counts. Written on a socket because a probe sets headers (Host) that Java's
 * clients keep to themselves, and certificates of pods are not checked. A redirect counts as success; it is not followed.
 */
final class HttpProbe {
    private static final int MAX_LINE = 8 << 10;

    private HttpProbe() {
    }

    static ProbeResult get(HTTPGetAction http, String host, int port, Duration limit) throws IOException {
        boolean tls = "HTTPS".equalsIgnoreCase(http.getScheme());
        String path = http.getPath() == null || http.getPath().isEmpty() ? "/" : http.getPath().startsWith("/") ? http.getPath() : "/" + http.getPath();
        String url = (tls ? "https" : "http") + "://" + host + ":" + port + path;
        try (var plain = new Socket()) {
            plain.connect(new InetSocketAddress(host, port), (int) limit.toMillis());
            plain.setSoTimeout((int) limit.toMillis());
            Socket socket = tls ? insecure().getSocketFactory().createSocket(plain, host, port, true) : plain;
            if (socket instanceof SSLSocket ssl) ssl.startHandshake();
            socket.getOutputStream().write(request(http, host, port, path).getBytes(StandardCharsets.UTF_8));
            String status = line(socket.getInputStream());
            String[] words = status.split(" ", 3);
            if (words.length < 2 || !words[0].startsWith("HTTP/")) return new ProbeResult(false, "Get \"" + url + "\": malformed HTTP response \"" + status + "\"");
            int code = Integer.parseInt(words[1]);
            return new ProbeResult(code >= 200 && code < 400, "HTTP probe failed with statuscode: " + code);
        } catch (SocketTimeoutException e) {
            return new ProbeResult(false, "Get \"" + url + "\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
        } catch (IOException | NumberFormatException e) {
            return new ProbeResult(false, "Get \"" + url + "\": " + e.getMessage());
        }
    }

    private static String request(HTTPGetAction http, String host, int port, String path) {
        var request = new StringBuilder("GET ").append(path).append(" HTTP/1.1\r\n");
        List<HTTPHeader> headers = http.getHttpHeaders() == null ? List.of() : http.getHttpHeaders();
        if (absent(headers, "host")) request.append("Host: ").append(host).append(':').append(port).append("\r\n");
        if (absent(headers, "user-agent")) request.append("User-Agent: kube-probe/1.33\r\n");
        if (absent(headers, "accept")) request.append("Accept: */*\r\n");
        request.append("Connection: close\r\n");
        for (HTTPHeader header : headers) request.append(header.getName()).append(": ").append(header.getValue()).append("\r\n");
        return request.append("\r\n").toString();
    }

    private static boolean absent(List<HTTPHeader> headers, String name) {
        return headers.stream().noneMatch(h -> h.getName().toLowerCase(Locale.ROOT).equals(name));
    }

    private static String line(InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int c = in.read(); c >= 0 && c != '\n' && line.length() < MAX_LINE; c = in.read()) if (c != '\r') line.append((char) c);
        if (line.isEmpty()) throw new IOException("EOF");
        return line.toString();
    }

    private static SSLContext insecure() throws IOException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new TrustEverybody()}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    /** Kubelet does not check certificates of what it probes: a pod's address is in none of them. */
    private static final class TrustEverybody extends X509ExtendedTrustManager {
        @Override public void checkClientTrusted(X509Certificate[] chain, String type) { }
        @Override public void checkServerTrusted(X509Certificate[] chain, String type) { }
        @Override public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) { }
        @Override public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) { }
        @Override public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) { }
        @Override public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) { }
        @Override public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
    }
}
