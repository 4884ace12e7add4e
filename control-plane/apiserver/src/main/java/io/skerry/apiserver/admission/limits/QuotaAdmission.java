package io.skerry.apiserver.admission.limits;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.registry.Strategy;
import io.skerry.apiserver.status.ApiException;
import io.skerry.datastore.RevisionMismatchException;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.quantity.Quantity;
import io.skerry.machinery.quota.PodResources;
import io.skerry.machinery.quota.QuotaScopes;
import io.skerry.machinery.quota.QuotaUsage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * ResourceQuota: refuses what would exceed a quota of its namespace, and books the rest in the quota's status before it is written, with a
 * revision check, so that two writers cannot both take the last place. {@link QuotaAccounting} corrects what was booked and never written.
 */
public final class QuotaAdmission {
    private static final Set<String> COMPUTE = Set.of("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory");

    private final Store store;
    private final ServedType quotas;
    private final QuotaBookings bookings;

    /** @param quotas the type ResourceQuota */
    public QuotaAdmission(Store store, ServedType quotas, QuotaBookings bookings) {
        this.store = store;
        this.quotas = quotas;
        this.bookings = bookings;
    }

    /**
     * The last step of admission, with the object as it would be stored.
     *
     * @param old null for a create
     * @return what is booked for it, to be closed when it is written or given up
     * @throws ApiException 403 when a quota would be exceeded
     */
    public Strategy.Reservation book(Call call, ObjectNode object, ObjectNode old) {
        boolean resize = call.type().is("", "pods") && call.info().subresource().equals("resize");
        if (!call.type().namespaced() || !call.info().subresource().isEmpty() && !resize || store.cache(quotas).size() == 0) {
            return Strategy.Reservation.NONE;
        }
        String group = call.type().group();
        String plural = call.type().plural();
        Map<String, Quantity> wanted = QuotaUsage.of(group, plural, object);
        if (old != null) {
            Map<String, Quantity> before = QuotaUsage.of(group, plural, old);
            wanted.replaceAll((name, quantity) -> before.containsKey(name) ? quantity.subtract(before.get(name)) : quantity);
        }
        wanted.values().removeIf(quantity -> quantity.sign() <= 0);
        if (wanted.isEmpty()) {
            return Strategy.Reservation.NONE;
        }
        QuotaBookings.Booking booking = bookings.open();
        try {
            for (Entry entry : store.cache(quotas).snapshot(call.info().namespace() + "/").entries()) {
                book(call, booking, entry, object, old, wanted);
            }
            return booking;
        } catch (RuntimeException e) {
            booking.close();
            throw e;
        }
    }

    private void book(Call call, QuotaBookings.Booking booking, Entry first, ObjectNode object, ObjectNode old, Map<String, Quantity> wanted) {
        for (Entry entry = first; entry != null; entry = store.get(quotas, first.key())) {
            ObjectNode quota = entry.tree();
            if (!QuotaScopes.matches(quota.path("spec"), call.type().group(), call.type().plural(), object)) {
                return;
            }
            Map<String, Quantity> hard = QuotaState.hard(quota);
            if (old == null && call.type().is("", "pods")) {
                requireStated(call, entry.name(), hard.keySet(), object);
            }
            Map<String, Quantity> requested = new TreeMap<>(wanted);
            requested.keySet().retainAll(hard.keySet());
            if (requested.isEmpty()) {
                return;
            }
            Map<String, Quantity> used = QuotaState.used(quota, store);
            Set<String> exceeded = new HashSet<>();
            requested.forEach((name, more) -> {
                if (used.getOrDefault(name, Quantity.ZERO).add(more).compareTo(hard.get(name)) > 0) {
                    exceeded.add(name);
                }
            });
            if (!exceeded.isEmpty()) {
                throw ApiException.forbidden(call.type().group(), call.type().plural(), Json.text(object, "metadata", "name"), "exceeded quota: " + entry.name()
                        + ", requested: " + told(requested, exceeded) + ", used: " + told(used, exceeded) + ", limited: " + told(hard, exceeded));
            }
            if (call.dryRun()) {
                return;
            }
            requested.forEach((name, more) -> used.merge(name, more, Quantity::add));
            QuotaState.set(quota, used);
            booking.put(entry.key(), requested);
            try {
                store.update(quotas, entry.key(), quota, entry.revision());
                return;
            } catch (RevisionMismatchException e) {
                // someone else booked: look again
            }
        }
    }

    private static String told(Map<String, Quantity> quantities, Set<String> names) {
        List<String> told = new ArrayList<>();
        new TreeMap<>(quantities).forEach((name, quantity) -> {
            if (names.contains(name)) {
                told.add(name + "=" + quantity);
            }
        });
        return String.join(",", told);
    }

    /** Where a quota limits CPU or memory, every container says what it takes: else it could not be counted. */
    private static void requireStated(Call call, String quota, Set<String> hard, ObjectNode pod) {
        Map<String, List<String>> missing = new TreeMap<>();
        for (String list : List.of("containers", "initContainers")) {
            for (JsonNode container : Json.at(pod, "spec", list)) {
                for (String name : hard) {
                    String kind = name.startsWith("limits.") ? "limits" : "requests";
                    String resource = name.replaceFirst("^(limits|requests)\\.", "");
                    if (COMPUTE.contains(name) && !PodResources.quantities(container, kind).containsKey(resource)) {
                        missing.computeIfAbsent(name, n -> new ArrayList<>()).add(Json.text(container, "name"));
                    }
                }
            }
        }
        if (!missing.isEmpty()) {
            throw ApiException.forbidden("", "pods", Json.text(pod, "metadata", "name"), "failed quota: " + quota + ": must specify "
                    + String.join("; ", missing.entrySet().stream().map(e -> e.getKey() + " for: " + String.join(",", e.getValue())).toList()));
        }
    }
}
