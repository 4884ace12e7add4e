package io.skerry.network.dns;

import io.skerry.network.Commands;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** dig(1), of the package bind9-dnsutils: a client that is not ours. */
final class Dig {

    private final Commands commands;
    private final InetSocketAddress server;

    Dig(List<String> prefix, InetSocketAddress server) {
        this.commands = new Commands(prefix);
        this.server = server;
    }

    /** All that dig prints. */
    String raw(String... words) {
        var command = new ArrayList<>(List.of("dig", "@" + server.getAddress().getHostAddress(), "-p", String.valueOf(server.getPort()), "+tries=1", "+time=5"));
        command.addAll(List.of(words));
        return commands.run(command.toArray(String[]::new));
    }

    /** The answers' data, sorted. */
    List<String> answers(String... words) {
        var all = new ArrayList<>(List.of(words));
        all.add("+short");
        return raw(all.toArray(String[]::new)).lines().filter(line -> !line.startsWith(";")).sorted().toList();
    }

    /** NOERROR, NXDOMAIN, ... */
    String status(String... words) {
        return raw(words).replaceAll("(?s).*status: ([A-Z]+).*", "$1");
    }
}
