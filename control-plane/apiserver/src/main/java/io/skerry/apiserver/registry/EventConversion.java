package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** core/v1 Event (as stored) and events.k8s.io/v1 Event: the same object with other names for some fields. */
final class EventConversion {
    private static final String[][] CORE_TO_GROUP = {
        {"involvedObject", "regarding"}, {"message", "note"}, {"source", "deprecatedSource"}, {"firstTimestamp", "deprecatedFirstTimestamp"},
        {"lastTimestamp", "deprecatedLastTimestamp"}, {"count", "deprecatedCount"}, {"reportingComponent", "reportingController"},
    };

    private EventConversion() {
    }

    static void toEventsGroup(ObjectNode event) {
        for (String[] names : CORE_TO_GROUP) {
            rename(event, names[0], names[1]);
        }
    }

    /** Where a field of events.k8s.io/v1 is in the core form. */
    static String corePath(String path) {
        for (String[] names : CORE_TO_GROUP) {
            if (path.equals(names[1]) || path.startsWith(names[1] + ".")) {
                return names[0] + path.substring(names[1].length());
            }
        }
        return path;
    }

    static void toCore(ObjectNode event) {
        for (String[] names : CORE_TO_GROUP) {
            rename(event, names[1], names[0]);
        }
    }

    private static void rename(ObjectNode object, String from, String to) {
        JsonNode value = object.remove(from);
        if (value != null) {
            object.set(to, value);
        }
    }
}
