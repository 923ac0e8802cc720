package io.ovation.queue.typed;

import com.google.protobuf.Message;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/** A contract and a handler for each of its methods. */
public final class HandlerRegistration {
  private final Contract contract;
  private final Map<String, ItemHandler<?>> handlers;

  private HandlerRegistration(Contract contract, Map<String, ItemHandler<?>> handlers) {
    this.contract = contract;
    this.handlers = Map.copyOf(handlers);
  }

  public static Builder of(Contract contract) {
    return new Builder(contract);
  }

  public Contract contract() {
    return contract;
  }

  /** Hands an item, decoded by {@link #contract()}, to its method's handler. */
  @SuppressWarnings("unchecked") // Builder.handle ties the handler's type to the method's
  public <T extends Message> Future<Void> handle(Item<T> item) {
    ItemHandler<T> handler = (ItemHandler<T>) handlers.get(item.method().name());
    if (handler == null) {
      throw new IllegalArgumentException(item.method() + " is not of " + contract.service());
    }
    return handler.handle(item.request(), item.meta());
  }

  /** Collects handlers; {@link #build} sees to it that each method has one. */
  public static final class Builder {
    private final Contract contract;
    private final Map<String, ItemHandler<?>> handlers = new HashMap<>();

    private Builder(Contract contract) {
      this.contract = contract;
    }

    /**
     * Adds a method's handler.
     *
     * @throws IllegalArgumentException when the method is another service's or has a handler
     *     already
     */
    public <T extends Message> Builder handle(QueueMethod<T> method, ItemHandler<T> handler) {
      if (contract.methods().get(method.name()) != method) {
        throw new IllegalArgumentException(method + " is not of " + contract.service());
      }
      if (handlers.putIfAbsent(method.name(), handler) != null) {
        throw new IllegalArgumentException(method + " has two handlers; register one");
      }
      return this;
    }

    /**
     * Ends the registration.
     *
     * @throws IllegalArgumentException when a method has no handler
     */
    public HandlerRegistration build() {
      var missing = new TreeSet<>(contract.methods().keySet());
      missing.removeAll(handlers.keySet());
      if (!missing.isEmpty()) {
        throw new IllegalArgumentException(
            contract.service() + " has no handler for " + missing + "; its items would be poison");
      }
      return new HandlerRegistration(contract, handlers);
    }
  }
}
