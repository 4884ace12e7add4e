package io.skerry.apiserver.admission.limits;

import io.skerry.apiserver.registry.Strategy;
import io.skerry.machinery.quantity.Quantity;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What this server has booked in ResourceQuotas, or is about to, for objects that are still to be written. A count of the objects that are there does not
 * have it yet. Of what other servers on the datastore book nothing is known here.
 */
public final class QuotaBookings {
    private final Set<Booking> open = ConcurrentHashMap.newKeySet();

    /** Those for one object; over when it is written, or is not going to be. */
    final class Booking implements Strategy.Reservation {
        private final Map<String, Map<String, Quantity>> byQuota = new ConcurrentHashMap<>();

        /** Comes before the quota says it: who reads it there finds it here, or the object written. */
        void put(String quota, Map<String, Quantity> amounts) {
            byQuota.put(quota, Map.copyOf(amounts));
        }

        @Override
        public void close() {
            open.remove(this);
        }
    }

    Booking open() {
        Booking booking = new Booking();
        open.add(booking);
        return booking;
    }

    /** What is booked in a quota, by its key. */
    Map<String, Quantity> of(String quota) {
        Map<String, Quantity> sum = new TreeMap<>();
        for (Booking booking : open) {
            booking.byQuota.getOrDefault(quota, Map.of()).forEach((name, amount) -> sum.merge(name, amount, Quantity::add));
        }
        return sum;
    }
}
