package io.skerry.datastore;

import java.util.List;

/**
 * A page of a listing.
 *
 * @param more whether keys follow; the next page is asked for with the last item's key and this page's revision
 * @param remaining about how many keys follow (an estimate, as metadata.remainingItemCount is), 0 when none do
 * @param revision the revision whose state was listed
 */
public record Page(List<Stored> items, boolean more, long remaining, long revision) {}
