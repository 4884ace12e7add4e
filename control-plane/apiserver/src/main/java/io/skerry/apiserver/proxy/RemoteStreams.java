package io.skerry.apiserver.proxy;

import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.http.Upgrade;
import io.skerry.apiserver.http.UpgradeHandler;
import io.skerry.apiserver.status.ApiException;
import io.skerry.apiserver.stream.VertxWire;
import io.skerry.apiserver.stream.Wire;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Passes connections that switch protocols (WebSocket, SPDY, whatever both ends agree on) through to other servers, byte by byte
 * (k8s.io/apimachinery, util/proxy, UpgradeAwareHandler): consoles of virtual machines, exec into what other servers run, dashboards in pods.
 */
public final class RemoteStreams implements UpgradeHandler {
    private final Predicate<String> theirs;
    private final Function<ApiRequest, SwitchedConnection> open;

    /**
     * @param theirs whether requests of a path (percent-encoded) go to another server
     * @param open   has that server switch protocols as a request asks; throws {@link ApiException} when the user may not, or the server does not
     */
    public RemoteStreams(Predicate<String> theirs, Function<ApiRequest, SwitchedConnection> open) {
        this.theirs = theirs;
        this.open = open;
    }

    @Override
    public boolean accepts(String path) {
        return theirs.test(path);
    }

    @Override
    public void upgrade(ApiRequest asked, Upgrade upgrade) {
        String connection = asked.header("Connection");
        boolean method = asked.method().equals("GET") || asked.method().equals("POST") && asked.header("Upgrade").equalsIgnoreCase("SPDY/3.1");
        if (connection == null || !connection.toLowerCase(Locale.ROOT).contains("upgrade") || !method) {
            throw ApiException.badRequest("unable to upgrade: it takes the header \"Connection: Upgrade\", and GET, or POST for SPDY/3.1");
        }
        try (SwitchedConnection there = open.apply(asked); Wire here = upgrade.socket(there.headers(), VertxWire::of)) {
            here.write(there.first());
            Thread back = Thread.ofVirtual().name("upgraded").start(() -> copy(there.wire(), here));
            copy(here, there.wire());
            back.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** When one end is gone, so is the other. */
    private static void copy(Wire from, Wire to) {
        try (to) {
            for (byte[] bytes = from.read(); bytes != null; bytes = from.read()) {
                to.write(bytes);
            }
        }
    }
}
