package io.skerry.apiserver.aggregation;

import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.http.Upgrade;
import io.skerry.apiserver.http.UpgradeHandler;
import io.skerry.apiserver.request.Query;
import io.skerry.apiserver.request.RequestInfo;
import io.skerry.apiserver.status.ApiException;
import io.skerry.apiserver.stream.VertxWire;
import io.skerry.apiserver.stream.Wire;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * Passes connections that switch protocols (WebSocket, SPDY, whatever both ends agree on) through to the servers of APIServices, byte by byte
 * (k8s.io/apimachinery, util/proxy, UpgradeAwareHandler): consoles of virtual machines, exec into what other servers run.
 */
public final class RemoteStreams implements UpgradeHandler {
    private final Supplier<Aggregator> aggregator;
    private final BiFunction<ApiRequest, RequestInfo, ApiRequest> access;

    /**
     * @param aggregator gives null as long as there is none
     * @param access     gives the request as the user that it is decided for; throws {@link ApiException} when that one may not
     */
    public RemoteStreams(Supplier<Aggregator> aggregator, BiFunction<ApiRequest, RequestInfo, ApiRequest> access) {
        this.aggregator = aggregator;
        this.access = access;
    }

    @Override
    public boolean accepts(String path) {
        Aggregator known = path.startsWith("/apis/") ? aggregator.get() : null;
        return known != null && known.isRemote(path);
    }

    @Override
    public void upgrade(ApiRequest asked, Upgrade upgrade) {
        String connection = asked.header("Connection");
        boolean method = asked.method().equals("GET") || asked.method().equals("POST") && asked.header("Upgrade").equalsIgnoreCase("SPDY/3.1");
        if (connection == null || !connection.toLowerCase(Locale.ROOT).contains("upgrade") || !method) {
            throw ApiException.badRequest("unable to upgrade: it takes the header \"Connection: Upgrade\", and GET, or POST for SPDY/3.1");
        }
        ApiRequest request = access.apply(asked, RequestInfo.of(asked.method(), asked.path(), Query.parse(asked.query())));
        try (SwitchedConnection there = aggregator.get().switchProtocols(request); Wire here = upgrade.socket(there.headers(), VertxWire::of)) {
            here.write(there.first());
            Thread back = Thread.ofVirtual().name("apiservice-stream").start(() -> copy(there.wire(), here));
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
