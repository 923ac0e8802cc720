package io.ovation.queue.typed.consumer;

import com.google.protobuf.Message;
import io.ovation.queue.Lane;
import io.ovation.queue.proto.QueueItem;
import io.ovation.queue.typed.Contract;
import io.ovation.queue.typed.HandlerRegistration;
import io.ovation.queue.typed.Item;
import io.ovation.queue.typed.PoisonItem;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** All services of one queue and their handlers. Immutable; any thread. */
final class ServiceRegistry {
  private final Map<String, HandlerRegistration> byName = new TreeMap<>();
  private final String queue;

  /** Throws {@link IllegalArgumentException} if they can't share one consumer. */
  ServiceRegistry(List<HandlerRegistration> registrations) {
    if (registrations.isEmpty()) {
      throw new IllegalArgumentException("a consumer needs at least one registration");
    }
    queue = registrations.get(0).contract().queue();
    for (HandlerRegistration registration : registrations) {
      Contract contract = registration.contract();
      if (!contract.queue().equals(queue)) {
        throw new IllegalArgumentException(
            contract.service()
                + " is of queue "
                + contract.queue()
                + ", not of "
                + queue
                + "; give it a consumer of its own");
      }
      if (byName.putIfAbsent(contract.service(), registration) != null) {
        throw new IllegalArgumentException(
            contract.service() + " is registered twice; which handler would get its items?");
      }
    }
  }

  String queue() {
    return queue;
  }

  Set<Lane> lanes() {
    Set<Lane> lanes = EnumSet.noneOf(Lane.class);
    contracts().forEach(contract -> lanes.addAll(contract.lanes()));
    return lanes;
  }

  Collection<Contract> contracts() {
    return byName.values().stream().map(HandlerRegistration::contract).toList();
  }

  /** Throws {@link PoisonItem} when it can never be handled here. */
  Item<?> decode(byte[] bytes) {
    QueueItem item = EnvelopeReader.read(bytes);
    HandlerRegistration registration = byName.get(item.getService());
    if (registration == null) {
      throw EnvelopeReader.unknownService(item, byName.keySet());
    }
    return registration.contract().decode(item);
  }

  /** Hands an item that {@link #decode} made to its handler. */
  <T extends Message> Future<Void> handle(Item<T> item) {
    HandlerRegistration registration = byName.get(item.method().service());
    if (registration == null) {
      throw new IllegalArgumentException(item.method() + " is not served here");
    }
    return registration.handle(item);
  }
}
