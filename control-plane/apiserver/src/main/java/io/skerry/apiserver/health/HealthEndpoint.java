package io.skerry.apiserver.health;

import io.skerry.apiserver.ApiResponse;
import io.skerry.apiserver.request.Query;
import io.skerry.apiserver.response.Responder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;

/** {@code /healthz}, {@code /livez} and {@code /readyz}: named checks, told in detail with {@code ?verbose}, single ones below the path. */
public final class HealthEndpoint {
    private final List<Check> checks = new CopyOnWriteArrayList<>();

    /** @param readiness whether it says only when to send requests, not whether to restart the server */
    private record Check(String name, boolean readiness, BooleanSupplier passes) {
    }

    public void add(String name, boolean readiness, BooleanSupplier passes) {
        checks.add(new Check(name, readiness, passes));
    }

    /** @return false when the path is none of these */
    public boolean serve(String path, Query query, ApiResponse response) {
        String[] parts = path.substring(1).split("/", 2);
        boolean ready = parts[0].equals("readyz");
        if (!ready && !parts[0].equals("livez") && !parts[0].equals("healthz")) {
            return false;
        }
        Map<String, BooleanSupplier> asked = new LinkedHashMap<>();
        checks.stream().filter(c -> ready || !c.readiness()).forEach(c -> asked.put(c.name(), c.passes()));
        if (parts.length == 2 && !parts[1].isEmpty()) {
            BooleanSupplier one = asked.get(parts[1]);
            if (one == null) {
                return false;
            }
            boolean passes = passes(one);
            Responder.text(response, passes ? 200 : 500, passes ? "ok" : "internal server error: " + parts[1] + " failed\n");
            return true;
        }
        all(parts[0], asked, query, response);
        return true;
    }

    private static void all(String name, Map<String, BooleanSupplier> asked, Query query, ApiResponse response) {
        Set<String> excluded = new TreeSet<>(query.all("exclude"));
        StringBuilder told = new StringBuilder();
        boolean healthy = true;
        for (Map.Entry<String, BooleanSupplier> check : asked.entrySet()) {
            if (excluded.remove(check.getKey())) {
                told.append("[+]").append(check.getKey()).append(" excluded: ok\n");
            } else if (passes(check.getValue())) {
                told.append("[+]").append(check.getKey()).append(" ok\n");
            } else {
                told.append("[-]").append(check.getKey()).append(" failed: reason withheld\n");
                healthy = false;
            }
        }
        if (!excluded.isEmpty()) {
            told.append("warn: some health checks cannot be excluded: no matches for ").append(String.join(", ", excluded)).append('\n');
        }
        if (!healthy) {
            Responder.text(response, 500, told + name + " check failed\n");
        } else if (query.has("verbose")) {
            Responder.text(response, 200, told + name + " check passed\n");
        } else {
            Responder.text(response, 200, "ok");
        }
    }

    private static boolean passes(BooleanSupplier check) {
        try {
            return check.getAsBoolean();
        } catch (RuntimeException e) {
            return false;
        }
    }
}
