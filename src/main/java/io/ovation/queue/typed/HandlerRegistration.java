package io.ovation.queue.typed;

import com.google.protobuf.Message;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;

/** A contract and a handler for each of its methods. Immutable; any thread. */
public final class HandlerRegistration {
  private final Contract contract;
  private final Map<String, Binding<?>> bindings = new HashMap<>();

  /** Does the work of one method. */
  @FunctionalInterface
  public interface ItemHandler<T extends Message> {
    /**
     * Called on the consumer's context; must not block. The item is acked when the future succeeds.
     */
    Future<Void> handle(T request, ItemMetadata meta);
  }

  /** A method and its handler; made by {@link QueueMethod#to}. */
  public record Binding<T extends Message>(QueueMethod<T> method, ItemHandler<T> handler) {
    @SuppressWarnings("unchecked") // HandlerRegistration hands over items of this method only.
    private Future<Void> handle(Item<?> item) {
      return handler.handle((T) item.request(), item.meta());
    }
  }

  /**
   * Called by generated code.
   *
   * @throws IllegalArgumentException when a method has no handler or two, or is another service's
   */
  public HandlerRegistration(Contract contract, Binding<?>... bindings) {
    this.contract = contract;
    for (Binding<?> binding : bindings) {
      contract.requireMethod(binding.method);
      if (this.bindings.putIfAbsent(binding.method.name(), binding) != null) {
        throw new IllegalArgumentException(binding.method + " has two handlers; register one");
      }
    }
    var missing = new TreeSet<>(contract.methods().keySet());
    missing.removeAll(this.bindings.keySet());
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          contract.service() + " has no handler for " + missing + "; its items would be poison");
    }
  }

  public Contract contract() {
    return contract;
  }

  /** Passes an item, decoded by {@link #contract()}, to its method's handler. */
  public Future<Void> handle(Item<?> item) {
    contract.requireMethod(item.method());
    return Objects.requireNonNull(bindings.get(item.method().name())).handle(item);
  }
}
