package io.ovation.queue.typed;

import java.util.Map;

/**
 * What is known of an item besides its request.
 *
 * @param id its identity; empty if neither the envelope nor the request has one
 * @param key items of one key keep their order; empty if it has none
 * @param createdAtMs when it was enqueued, milliseconds since 1970; 0 if unknown
 * @param attempt 0 on the first delivery
 * @param notBeforeMs it is not handled before this time, milliseconds since 1970; 0 if unset
 * @param headers trace context and headers that callers and interceptors added
 */
public record ItemMetadata(
    String id,
    String key,
    long createdAtMs,
    int attempt,
    long notBeforeMs,
    Map<String, String> headers) {

  ItemMetadata withHeaders(Map<String, String> other) {
    return new ItemMetadata(id, key, createdAtMs, attempt, notBeforeMs, Map.copyOf(other));
  }

  ItemMetadata withAttempt(int next) {
    return new ItemMetadata(id, key, createdAtMs, next, notBeforeMs, headers);
  }
}
