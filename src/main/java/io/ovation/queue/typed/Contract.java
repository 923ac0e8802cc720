package io.ovation.queue.typed;

import io.ovation.queue.Lane;
import io.ovation.queue.proto.QueueItem;
import io.ovation.queue.typed.consumer.EnvelopeReader;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** A service as a queue: its name, its methods, its lanes. Immutable; any thread. */
public final class Contract {
  private final String service;
  private final String queue;
  private final Map<String, QueueMethod<?>> methods = new TreeMap<>();
  private final Set<Lane> lanes = EnumSet.noneOf(Lane.class);

  /**
   * Made by generated code.
   *
   * @param service the service's full name
   * @param queue the queue's name
   * @param lanes those that a call may name, besides the methods' own
   */
  public Contract(
      String service, String queue, List<QueueMethod<?>> methods, Collection<Lane> lanes) {
    this.service = service;
    this.queue = queue;
    this.lanes.addAll(lanes);
    for (QueueMethod<?> method : methods) {
      this.methods.put(method.name(), method);
      this.lanes.add(method.lane());
    }
  }

  public String service() {
    return service;
  }

  public String queue() {
    return queue;
  }

  /** By name. */
  public Map<String, QueueMethod<?>> methods() {
    return Collections.unmodifiableMap(methods);
  }

  /** The lanes that the queue must be declared with. */
  public Set<Lane> lanes() {
    return Collections.unmodifiableSet(lanes);
  }

  /**
   * Reads any item of the queue.
   *
   * @throws PoisonItem when it can never be handled
   */
  public Item<?> decode(byte[] bytes) {
    QueueItem item = EnvelopeReader.read(bytes);
    EnvelopeReader.requireService(item, service);
    return decode(item);
  }

  /** Reads an envelope of this service. */
  public Item<?> decode(QueueItem item) {
    QueueMethod<?> method = methods.get(item.getMethod());
    if (method == null) {
      throw EnvelopeReader.unknownMethod(item, methods.keySet());
    }
    return method.decode(item);
  }
}
