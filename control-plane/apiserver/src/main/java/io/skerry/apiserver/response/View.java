package io.skerry.apiserver.response;

import io.skerry.apiserver.status.ApiException;
import java.util.List;
import java.util.Locale;

/** The form a client wants objects in, from its Accept header (KEP-555's relatives: meta.k8s.io transformations). */
public enum View {
    /** whole objects */
    OBJECT,
    /** meta.k8s.io/v1 Table, for kubectl get */
    TABLE,
    /** meta.k8s.io/v1 PartialObjectMetadata(List) */
    METADATA;

    private static final List<String> OFFERED = List.of("application/json");

    /** The first media range that can be given wins, as in upstream. @throws ApiException 406 */
    public static View of(String accept) {
        if (accept == null || accept.isBlank()) {
            return OBJECT;
        }
        for (String range : accept.split(",")) {
            String[] parts = range.trim().split(";", -1);
            String type = parts[0].trim().toLowerCase(Locale.ROOT);
            if (!type.equals("application/json") && !type.equals("*/*") && !type.equals("application/*")) {
                continue;
            }
            String as = "";
            String group = "";
            for (int i = 1; i < parts.length; i++) {
                String parameter = parts[i].trim();
                if (parameter.startsWith("as=")) {
                    as = parameter.substring(3);
                } else if (parameter.startsWith("g=")) {
                    group = parameter.substring(2);
                }
            }
            if (as.isEmpty()) {
                return OBJECT;
            }
            if (group.equals("meta.k8s.io")) {
                switch (as) {
                    case "Table":
                        return TABLE;
                    case "PartialObjectMetadata", "PartialObjectMetadataList":
                        return METADATA;
                    default:
                        break;
                }
            }
        }
        throw ApiException.notAcceptable(OFFERED);
    }
}
