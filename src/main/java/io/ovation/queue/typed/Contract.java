package io.ovation.queue.typed;

import static java.util.Collections.unmodifiableMap;
import static java.util.Collections.unmodifiableSet;

import io.ovation.queue.Lane;
import io.ovation.queue.proto.QueueItem;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A service as a queue. Immutable; any thread.
 *
 * @param service the service's full name
 * @param queue the queue's name
 * @param methods by their names
 * @param lanes that the queue must be declared with
 */
public record Contract(
    String service, String queue, Map<String, QueueMethod<?>> methods, Set<Lane> lanes) {

  /**
   * Called by generated code.
   *
   * @param lanes that a call may name, besides the methods' own
   */
  public static Contract of(
      String service, String queue, List<QueueMethod<?>> methods, Collection<Lane> lanes) {
    Map<String, QueueMethod<?>> byName = new TreeMap<>();
    Set<Lane> all = new TreeSet<>(lanes);
    for (QueueMethod<?> method : methods) {
      byName.put(method.name(), method);
      all.add(method.lane());
    }
    return new Contract(service, queue, unmodifiableMap(byName), unmodifiableSet(all));
  }

  /** Throws {@link IllegalArgumentException} if the method is another contract's. */
  @SuppressWarnings("ReferenceEquality") // A method is one constant of the generated code.
  public void requireMethod(QueueMethod<?> method) {
    if (methods.get(method.name()) != method) {
      throw new IllegalArgumentException(method + " is not of " + service);
    }
  }

  /**
   * Reads any item of the queue.
   *
   * @throws PoisonItem when it can never be handled
   */
  public Item<?> decode(byte[] bytes) {
    return decode(Envelope.read(bytes, service));
  }

  /** Reads an envelope of this service. */
  public Item<?> decode(QueueItem item) {
    QueueMethod<?> method = methods.get(item.getMethod());
    if (method == null) {
      throw Envelope.unknownMethod(item, methods.keySet());
    }
    return method.decode(item);
  }
}
