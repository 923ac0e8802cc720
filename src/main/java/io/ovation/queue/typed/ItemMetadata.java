package io.ovation.queue.typed;

import io.ovation.queue.proto.QueueItem;
import java.util.Map;

/**
 * What is known of an item beside its request.
 *
 * @param id its identity; empty if its writer gave none, neither in the envelope nor in the request
 * @param key items of one key keep their order; empty if it has none
 * @param createdAtMs when it was enqueued, milliseconds since 1970; 0 if its writer did not say
 * @param attempt 0 on the first delivery
 * @param notBeforeMs it is not handled before this time, milliseconds since 1970; 0 if unset
 * @param headers trace context and whatever interceptors added
 */
public record ItemMetadata(
    String id,
    String key,
    long createdAtMs,
    int attempt,
    long notBeforeMs,
    Map<String, String> headers) {

  static ItemMetadata of(QueueItem item, String id, String key) {
    return new ItemMetadata(
        id,
        key,
        item.getCreatedAtMs(),
        item.getAttempt(),
        item.getNotBeforeMs(),
        item.getHeadersMap());
  }

  ItemMetadata withHeaders(Map<String, String> other) {
    return new ItemMetadata(id, key, createdAtMs, attempt, notBeforeMs, Map.copyOf(other));
  }

  ItemMetadata onAttempt(int next) {
    return new ItemMetadata(id, key, createdAtMs, next, notBeforeMs, headers);
  }
}
