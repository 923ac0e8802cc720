package io.ovation.queue.typed;

import io.ovation.queue.Lane;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one call says differently from its method. Immutable.
 *
 * @param id the item's identity; null for the request's own, or a random one
 * @param lane null for the method's
 * @param headers travel with the item
 */
public record EnqueueOptions(
    @Nullable String id, @Nullable Lane lane, Map<String, String> headers) {
  private static final EnqueueOptions NONE = new EnqueueOptions(null, null, Map.of());

  public EnqueueOptions {
    headers = Map.copyOf(headers);
  }

  /** All as the method says. */
  public static EnqueueOptions none() {
    return NONE;
  }

  public EnqueueOptions withId(String id) {
    return new EnqueueOptions(id, lane, headers);
  }

  public EnqueueOptions withLane(Lane lane) {
    return new EnqueueOptions(id, lane, headers);
  }

  public EnqueueOptions withHeader(String name, String value) {
    var more = new HashMap<>(headers);
    more.put(name, value);
    return new EnqueueOptions(id, lane, more);
  }
}
