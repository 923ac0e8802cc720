package io.ovation.queue.typed;

import com.google.protobuf.Message;
import java.util.HashMap;
import java.util.Map;

/**
 * An item with its request, on its way into a queue or out of it.
 *
 * @param policy how it is tried: its method's policy with the item's changes
 */
public record Item<T extends Message>(
    QueueMethod<T> method, T request, ItemMetadata meta, Policy policy) {

  /** The same item with one more header, for interceptors. */
  public Item<T> withHeader(String name, String value) {
    var more = new HashMap<>(meta.headers());
    more.put(name, value);
    return withHeaders(more);
  }

  public Item<T> withHeaders(Map<String, String> headers) {
    return new Item<>(method, request, meta.withHeaders(headers), policy);
  }

  public Item<T> withPolicy(Policy changed) {
    return new Item<>(method, request, meta, changed);
  }

  public Item<T> withAttempt(int attempt) {
    return attempt == meta.attempt()
        ? this
        : new Item<>(method, request, meta.withAttempt(attempt), policy);
  }
}
