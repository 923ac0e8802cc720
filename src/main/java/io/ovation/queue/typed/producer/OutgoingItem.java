package io.ovation.queue.typed.producer;

import com.google.protobuf.Message;
import io.ovation.queue.Lane;
import io.ovation.queue.typed.QueueMethod;
import java.util.HashMap;
import java.util.Map;

/**
 * An item about to be enqueued, as a {@link ProducerInterceptor} sees it.
 *
 * @param id the item's identity, never empty
 * @param key empty if it has none
 * @param headers as they will travel, those of the call's policy included
 */
public record OutgoingItem(
    QueueMethod<?> method,
    Message request,
    String id,
    String key,
    Lane lane,
    Map<String, String> headers) {

  public OutgoingItem {
    headers = Map.copyOf(headers);
  }

  public OutgoingItem withHeader(String name, String value) {
    var more = new HashMap<>(headers);
    more.put(name, value);
    return new OutgoingItem(method, request, id, key, lane, more);
  }

  public OutgoingItem withoutHeader(String name) {
    if (!headers.containsKey(name)) {
      return this;
    }
    var fewer = new HashMap<>(headers);
    fewer.remove(name);
    return new OutgoingItem(method, request, id, key, lane, fewer);
  }
}
