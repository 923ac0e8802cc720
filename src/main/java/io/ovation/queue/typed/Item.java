package io.ovation.queue.typed;

import com.google.protobuf.Message;
import java.util.HashMap;

/**
 * A decoded item.
 *
 * @param policy how it is tried: its method's, changed by what its headers say
 */
public record Item<T extends Message>(
    QueueMethod<T> method, T request, ItemMetadata meta, Policy policy) {

  public Item<T> withPolicy(Policy other) {
    return other.equals(policy) ? this : new Item<>(method, request, meta, other);
  }

  /** The same with one header set, for interceptors. */
  public Item<T> withHeader(String name, String value) {
    var more = new HashMap<>(meta.headers());
    more.put(name, value);
    return new Item<>(method, request, meta.withHeaders(more), policy);
  }

  /** The same without that header. */
  public Item<T> withoutHeader(String name) {
    if (!meta.headers().containsKey(name)) {
      return this;
    }
    var fewer = new HashMap<>(meta.headers());
    fewer.remove(name);
    return new Item<>(method, request, meta.withHeaders(fewer), policy);
  }

  public Item<T> onAttempt(int attempt) {
    return attempt == meta.attempt()
        ? this
        : new Item<>(method, request, meta.onAttempt(attempt), policy);
  }
}
