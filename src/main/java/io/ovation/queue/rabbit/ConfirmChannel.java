package io.ovation.queue.rabbit;

import com.rabbitmq.client.Channel;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The items published on one channel and not confirmed yet. A new channel gets a new session: its
 * numbers begin at 1 again, and must never confirm what the old one lost.
 */
final class ConfirmChannel {
  private static final int ABORT_MS = 2000;

  private final Channel channel;
  private final ConcurrentSkipListMap<Long, PendingPublish> outstanding =
      new ConcurrentSkipListMap<>();
  private final Consumer<Collection<PendingPublish>> confirmed;
  private volatile boolean lost;

  /**
   * @param confirmed gets what the broker confirmed, on the connection's thread
   * @param failed gets what it refused or lost, with the reason, on any thread
   */
  ConfirmChannel(Channel channel, Consumer<Collection<PendingPublish>> confirmed, Failed failed)
      throws IOException {
    this.channel = channel;
    this.confirmed = confirmed;
    channel.addReturnListener(
        returned -> {
          // Comes before the confirm, which says nothing about where the item went.
          PendingPublish item =
              outstanding.remove(Long.valueOf(returned.getProperties().getCorrelationId()));
          if (item != null) {
            failed.failed(List.of(item), "RabbitMQ has no queue " + returned.getRoutingKey() + ".");
          }
        });
    channel.addConfirmListener(
        this::confirm,
        (tag, multiple) ->
            failed.failed(take(tag, multiple), "RabbitMQ could not store the item (nack)."));
    channel.addShutdownListener(
        cause -> {
          lost = true;
          if (!cause.isHardError() && !cause.isInitiatedByApplication()) {
            // An exchange was deleted: it is declared again when the link connects again.
            ConnectionFactories.daemon(
                    () -> channel.getConnection().abort(ABORT_MS), "ovation-rabbit-abort")
                .start();
          }
          failed.failed(
              takeAll(),
              "The connection to RabbitMQ was lost before the confirm; the item may still take"
                  + " effect.");
        });
    channel.confirmSelect();
  }

  interface Failed {
    void failed(Collection<PendingPublish> items, String why);
  }

  /** Publisher's thread only; may block while the broker does not read. */
  void publish(PendingPublish item) throws IOException {
    long number = channel.getNextPublishSeqNo();
    outstanding.put(number, item);
    channel.basicPublish(
        item.exchange,
        item.key,
        true,
        item.properties.builder().correlationId(Long.toString(number)).build(),
        item.body);
  }

  boolean usable() {
    return !lost && channel.isOpen();
  }

  /** The oldest if nobody waits for it any more, taken out; null if there is none. */
  @Nullable PendingPublish pollExpired(long now) {
    var first = outstanding.firstEntry();
    if (first == null || !first.getValue().expired(now)) {
      return null;
    }
    return outstanding.remove(first.getKey());
  }

  boolean idle() {
    return outstanding.isEmpty();
  }

  /** What is left when the channel is known to be gone. */
  Collection<PendingPublish> takeAll() {
    return take(Long.MAX_VALUE, true);
  }

  private void confirm(long tag, boolean multiple) {
    confirmed.accept(take(tag, multiple));
  }

  private Collection<PendingPublish> take(long tag, boolean multiple) {
    if (!multiple) {
      PendingPublish item = outstanding.remove(tag);
      return item == null ? List.of() : List.of(item);
    }
    var through = outstanding.headMap(tag, true);
    List<PendingPublish> items = new java.util.ArrayList<>();
    while (true) {
      var first = through.pollFirstEntry();
      if (first == null) {
        return items;
      }
      items.add(first.getValue());
    }
  }
}
