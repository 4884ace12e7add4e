package io.skerry.scripts;

import com.sun.management.OperatingSystemMXBean;
import io.skerry.apiserver.ApiServer;
import io.skerry.apiserver.http.HttpFrontend;
import io.skerry.apiserver.http.HttpFrontendConfig;
import io.skerry.apiserver.pki.ClusterPki;
import io.skerry.apiserver.stream.PodStreams;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/** A list of everything, sent by this process over TLS to curl: a process of its own, so that server and client are counted apart. */
final class ListTransfer {
    private static final int REQUESTS = 10;

    private final String url;
    private final Curl curl;

    ListTransfer(String url, Curl curl) {
        this.url = url;
        this.curl = curl;
    }

    /**
     * @param nanos     the shortest time of one request, on a connection that stands
     * @param bytes     that one answer takes on the wire, without TLS' own
     * @param serverCpu nanoseconds that this process took for one
     * @param clientCpu nanoseconds that curl took for one, in steps of a millisecond
     */
    record Figures(long nanos, long bytes, long serverCpu, long clientCpu) {}

    /** All of it: the rows of the table. @param tls an empty folder */
    static List<String[]> rows(ApiServer server, Path tls) throws Exception {
        ClusterPki pki = ClusterPki.ensure(tls, List.of("127.0.0.1"), Clock.systemUTC());
        Vertx vertx = Vertx.vertx();
        try (HttpFrontend frontend = new HttpFrontend(vertx, new HttpFrontendConfig("127.0.0.1", 0, pki.servingCertificate(), pki.servingKey(), pki.clientCaCertificate()),
                client -> server.authenticator().authenticate(client.peerCertificates().getFirst(), null), server, new PodStreams(server, node -> Optional.empty()))) {
            frontend.start();
            ListTransfer lists = new ListTransfer("https://127.0.0.1:" + frontend.port() + "/api/v1/pods", new Curl(tls));
            ListTransfer.Figures first = lists.one();
            ListTransfer.Figures plain = steady(lists, false);
            ListTransfer.Figures compressed = steady(lists, true);
            return List.of(
                    new String[] {"list of 10,000 pods: skerry's API in this benchmark's warm JVM to curl over TLS, etcd to a client over gRPC without",
                            FigureTable.millis(plain.nanos())},
                    new String[] {"the same: CPU of the server; of curl", cpu(plain)},
                    new String[] {"the same: the first one, before the JVM has compiled TLS; CPU of the server",
                            FigureTable.millis(first.nanos()) + "; " + FigureTable.millis(first.serverCpu())},
                    new String[] {"the same, compressed as client-go asks for it", FigureTable.millis(compressed.nanos())},
                    new String[] {"compressed: bytes sent", FigureTable.mib(compressed.bytes())},
                    new String[] {"compressed: CPU of the server; of curl", cpu(compressed)});
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }

    /** After the compilers have done their work. */
    private static ListTransfer.Figures steady(ListTransfer lists, boolean compressed) throws Exception {
        for (int i = 0; i < 5; i++) {
            lists.some(compressed);
        }
        ListTransfer.Figures best = lists.some(compressed);
        for (int i = 0; i < 2; i++) {
            ListTransfer.Figures again = lists.some(compressed);
            best = again.serverCpu() < best.serverCpu() ? again : best;
        }
        return best;
    }

    private static String cpu(ListTransfer.Figures figures) {
        return FigureTable.millis(figures.serverCpu()) + "; " + FigureTable.millis(figures.clientCpu());
    }

    /** Some requests, one after the other. @param compressed whether the client asks for gzip, as client-go does */
    Figures some(boolean compressed) throws IOException, InterruptedException {
        return get(REQUESTS, compressed);
    }

    /** One on a new connection. */
    Figures one() throws IOException, InterruptedException {
        return get(1, false);
    }

    private Figures get(int requests, boolean compressed) throws IOException, InterruptedException {
        OperatingSystemMXBean process = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long server = process.getProcessCpuTime();
        long client = childrenCpu();
        Curl.Answers answers = curl.get(url, requests, compressed);
        return new Figures(answers.fastest(), answers.bytes(), (process.getProcessCpuTime() - server) / requests, (childrenCpu() - client) / requests);
    }

    /** Of the children that have ended (proc(5), cutime and cstime), in nanoseconds. */
    private static long childrenCpu() throws IOException {
        String stat = Files.readString(Path.of("/proc/self/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[13]) + Long.parseLong(fields[14])) * 10_000_000;
    }
}
