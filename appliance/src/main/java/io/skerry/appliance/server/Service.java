package io.skerry.appliance.server;

import io.skerry.appliance.UserError;
import io.skerry.appliance.config.ProxyEnvironment;
import io.skerry.appliance.config.ServerOptions;
import io.skerry.appliance.config.TrustedAuthorities;
import java.util.Map;
import java.util.function.Consumer;

/** A server under the eyes of a service manager, if there is one. */
public final class Service implements AutoCloseable {
    private final Server server;
    private final ServiceManager manager;

    private Service(Server server, ServiceManager manager) {
        this.server = server;
        this.manager = manager;
    }

    /** As {@link Server#start}. */
    public static Service start(ServerOptions options, Map<String, String> environment, Consumer<UserError> giveUp) {
        TrustedAuthorities.apply(options.trustCaFile, options.runDir);
        ProxyEnvironment.apply(environment);
        ProxyEnvironment.direct(options.nodeIp != null ? options.nodeIp : NodeAddress.find("localhost"));
        Service service = new Service(Server.start(options, giveUp), new ServiceManager(environment));
        Liveness liveness = new Liveness(options.bindAddress, options.httpsListenPort, options.serverDir().resolve("tls/server-ca.crt"));
        service.manager.ready(liveness::answers);
        return service;
    }

    @Override
    public void close() {
        manager.close();
        server.close();
    }
}
