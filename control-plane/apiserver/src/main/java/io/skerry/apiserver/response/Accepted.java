package io.skerry.apiserver.response;

import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.status.ApiException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * What a client takes as an answer, by its Accept header (k8s.io/apiserver, pkg/endpoints/handlers/negotiation). To be found out before anything is done: who is
 * told 406 must not have written.
 *
 * @param yaml whether it is written as YAML, else as JSON
 */
public record Accepted(View view, boolean yaml) {
    static final String YAML_TYPE = "application/yaml";
    private static final String JSON_TYPE = "application/json";
    private static final List<String> OFFERED = List.of(JSON_TYPE, YAML_TYPE);
    /** A watch's events follow one another, for which upstream has no form in YAML. */
    private static final List<String> STREAMED = List.of(JSON_TYPE + ";stream=watch");
    private static final Accepted JSON = new Accepted(View.OBJECT, false);

    /** @throws ApiException 406 for what cannot be given, 400 when the query asks for a Table in a form that there is not */
    public static Accepted of(Call call) {
        Accepted accepted = of(call.request().header("Accept"));
        if (accepted.view == View.TABLE) {
            Views.includeObject(call);
        }
        return accepted;
    }

    /** As {@link #of(Call)}, for a stream of events. */
    public static Accepted ofWatch(Call call) {
        Accepted accepted = of(call);
        if (accepted.yaml) {
            throw ApiException.notAcceptable(STREAMED);
        }
        return accepted;
    }

    /** As {@link #of(Call)}, for an error: that is told in JSON to whom nothing can be given. */
    static Accepted ofFailure(String accept) {
        try {
            return of(accept);
        } catch (ApiException e) {
            return JSON;
        }
    }

    /** Whether objects can be sent as they are stored. */
    public boolean isStored() {
        return view == View.OBJECT && !yaml;
    }

    /** The best media range that can be given wins; JSON, where a range leaves the choice. */
    static Accepted of(String accept) {
        if (accept == null || accept.isBlank() || accept.equals(JSON_TYPE) || accept.equals("*/*")) {
            return JSON;
        }
        List<Range> ranges = new ArrayList<>();
        for (String range : accept.split(",")) {
            ranges.add(Range.parse(range));
        }
        ranges.sort(Range.BEST_FIRST);
        for (Range range : ranges) {
            View view = range.view();
            boolean json = range.covers(JSON_TYPE);
            if (view != null && (json || range.covers(YAML_TYPE))) {
                return new Accepted(view, !json);
            }
        }
        throw ApiException.notAcceptable(OFFERED);
    }

    /**
     * One media range (RFC 9110, section 12.5.1).
     *
     * @param as    kind that the objects are to be shown as, "" for their own
     * @param group of that kind
     */
    private record Range(String type, double quality, String as, String group) {
        /** By quality, the more specific of equals first, else as they were sent. */
        static final Comparator<Range> BEST_FIRST = Comparator.comparingDouble(Range::quality).reversed().thenComparing(Range::isWild);

        static Range parse(String text) {
            String[] parts = text.split(";", -1);
            double quality = 1;
            String as = "";
            String group = "";
            for (int i = 1; i < parts.length; i++) {
                String parameter = parts[i].trim();
                if (parameter.startsWith("as=")) {
                    as = parameter.substring(3);
                } else if (parameter.startsWith("g=")) {
                    group = parameter.substring(2);
                } else if (parameter.startsWith("q=")) {
                    quality = number(parameter.substring(2));
                }
            }
            return new Range(parts[0].trim().toLowerCase(Locale.ROOT), quality, as, group);
        }

        private static double number(String quality) {
            try {
                return Double.parseDouble(quality);
            } catch (NumberFormatException e) {
                return 0; // as upstream reads it
            }
        }

        boolean isWild() {
            return type.endsWith("*");
        }

        boolean covers(String media) {
            return type.equals(media) || type.equals("application/*") || type.equals("*/*") || type.equals("*");
        }

        /** Null for a kind that nothing is shown as. */
        View view() {
            if (as.isEmpty()) {
                return View.OBJECT;
            }
            return !group.equals("meta.k8s.io") ? null : switch (as) {
                case "Table" -> View.TABLE;
                case "PartialObjectMetadata", "PartialObjectMetadataList" -> View.METADATA;
                default -> null;
            };
        }
    }
}
