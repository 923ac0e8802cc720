package io.ovation.queue.typed.consumer;

import io.ovation.queue.Lane;
import io.ovation.queue.proto.QueueItem;
import io.ovation.queue.typed.Contract;
import io.ovation.queue.typed.Envelope;
import io.ovation.queue.typed.HandlerRegistration;
import io.ovation.queue.typed.Item;
import io.ovation.queue.typed.PoisonItem;
import io.ovation.queue.typed.QueueMethod;
import io.vertx.core.Future;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/** All services of one queue, their handlers and interceptors. Immutable; any thread. */
final class ServiceRegistry {
  private final Map<String, HandlerRegistration> byService = new TreeMap<>();
  private final String queue;
  private final List<ConsumerInterceptor> interceptors;

  /** Throws {@link IllegalArgumentException} if they can't share one consumer. */
  ServiceRegistry(List<HandlerRegistration> registrations, List<ConsumerInterceptor> interceptors) {
    this.interceptors = List.copyOf(interceptors);
    if (registrations.isEmpty()) {
      throw new IllegalArgumentException("a consumer needs at least one registration");
    }
    queue = registrations.get(0).contract().queue();
    for (HandlerRegistration registration : registrations) {
      Contract contract = registration.contract();
      if (!contract.queue().equals(queue)) {
        throw new IllegalArgumentException(
            "%s is of queue %s, not of %s; give it a consumer of its own"
                .formatted(contract.service(), contract.queue(), queue));
      }
      if (byService.putIfAbsent(contract.service(), registration) != null) {
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
    byService.values().forEach(service -> lanes.addAll(service.contract().lanes()));
    return lanes;
  }

  List<QueueMethod<?>> methods() {
    return byService.values().stream()
        .<QueueMethod<?>>flatMap(service -> service.contract().methods().values().stream())
        .toList();
  }

  /**
   * Reads an item with its own policy. Throws {@link PoisonItem} when it can never be handled here.
   *
   * @param invalid receives a sentence for each value of the item's policy that has no effect
   */
  Item<?> decode(byte[] bytes, BiConsumer<Item<?>, String> invalid) {
    QueueItem envelope = Envelope.read(bytes);
    HandlerRegistration registration = byService.get(envelope.getService());
    if (registration == null) {
      throw Envelope.unknownService(envelope, byService.keySet());
    }
    Item<?> item = registration.contract().decode(envelope);
    return envelope.hasPolicy()
        ? item.withPolicy(
            item.policy().with(envelope.getPolicy(), rule -> invalid.accept(item, rule)))
        : item;
  }

  /**
   * Passes an item that {@link #decode} made to its handler, behind the interceptors. Returns a
   * future whatever user code does: no handler can stop the consumer.
   */
  Future<Void> handle(Item<?> item) {
    return handle(item, 0);
  }

  @SuppressWarnings("CatchThrowable") // an AssertionError or a LinkageError fails one item, no more
  private Future<Void> handle(Item<?> item, int interceptor) {
    try {
      Future<Void> answer =
          interceptor == interceptors.size()
              ? Objects.requireNonNull(byService.get(item.method().service())).handle(item)
              : interceptors.get(interceptor).handle(item, next -> handle(next, interceptor + 1));
      return answer == null
          ? Future.failedFuture("the handler of " + item.method() + " returned null, not a future")
          : answer;
    } catch (Throwable e) {
      return Future.failedFuture(e);
    }
  }
}
