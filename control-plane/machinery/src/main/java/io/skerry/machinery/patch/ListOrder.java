package io.skerry.machinery.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The order of a merged list: that of the patch for what the patch names, and of the live list for the rest. */
final class ListOrder {

    private ListOrder() {}

    static boolean sameItem(JsonNode a, JsonNode b, String key) {
        return key.isEmpty() ? Values.same(a, b) : Values.same(a.get(key), b.get(key));
    }

    static boolean contains(ArrayNode list, JsonNode item, String key) {
        return index(list, item, key) >= 0;
    }

    private static int index(ArrayNode list, JsonNode item, String key) {
        for (int i = 0; i < list.size(); i++) {
            if (sameItem(list.get(i), item, key)) {
                return i;
            }
        }
        return -1;
    }

    /**
     * Items that only the server has are put in front of the first patched item that followed them in the live list;
     * the relative order of either kind is kept.
     */
    static ArrayNode arrange(ArrayNode merged, ArrayNode patchOrder, ArrayNode serverOrder, String key) {
        List<JsonNode> patched = new ArrayList<>();
        List<JsonNode> serverOnly = new ArrayList<>();
        for (JsonNode item : merged) {
            (contains(patchOrder, item, key) ? patched : serverOnly).add(item);
        }
        patched.sort(Comparator.comparingInt(item -> index(patchOrder, item, key)));
        serverOnly.sort(Comparator.comparingInt(item -> index(serverOrder, item, key)));
        ArrayNode all = Json.array();
        int s = 0;
        int p = 0;
        while (s < serverOnly.size() || p < patched.size()) {
            boolean server = p >= patched.size() || s < serverOnly.size() && precedes(serverOnly.get(s), patched.get(p), serverOrder, key);
            all.add(server ? serverOnly.get(s++) : patched.get(p++));
        }
        return all;
    }

    private static boolean precedes(JsonNode a, JsonNode b, ArrayNode order, String key) {
        int first = index(order, a, key);
        int second = index(order, b, key);
        return first >= 0 && second >= 0 && first < second;
    }
}
