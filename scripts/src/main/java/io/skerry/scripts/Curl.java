package io.skerry.scripts;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * curl as an administrator of a server: a client that is a process of its own. What it is sent goes nowhere; it fails when the server refuses.
 *
 * @param tls the folder with the server's certificate authority and the administrator's certificate
 */
record Curl(Path tls) {
    /**
     * @param fastest nanoseconds that the fastest request took
     * @param bytes   of one answer on the wire, without TLS' own
     */
    record Answers(long fastest, long bytes) {}

    Run run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("curl", "--silent", "--show-error", "--fail", "--output", "/dev/null",
                "--cacert", tls.resolve("server-ca.crt").toString(), "--cert", tls.resolve("client-admin.crt").toString(),
                "--key", tls.resolve("client-admin.key").toString()));
        command.addAll(List.of(arguments));
        return Run.of(Map.of(), null, "", Duration.ofMinutes(2), command);
    }

    /** Some requests, one after the other on one connection. @param compressed whether to ask for gzip, as client-go does */
    Answers get(String url, int requests, boolean compressed) throws IOException, InterruptedException {
        String out = run("--header", "Accept-Encoding: " + (compressed ? "gzip" : "identity"), compressed ? "--compressed" : "--no-compressed",
                "--write-out", "%{time_total} %{size_download}\\n", url + "?request=[1-" + requests + "]").orFail().out();
        long fastest = Long.MAX_VALUE;
        long bytes = 0;
        for (String line : out.strip().split("\n")) {
            String[] fields = line.split(" ");
            fastest = Math.min(fastest, (long) (Double.parseDouble(fields[0]) * 1e9));
            bytes = Long.parseLong(fields[1]);
        }
        return new Answers(fastest, bytes);
    }
}
