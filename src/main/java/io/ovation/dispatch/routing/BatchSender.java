package io.ovation.dispatch.routing;

import io.ovation.dispatch.DispatchMetrics;
import io.ovation.dispatch.comments.CommentBatch;
import io.ovation.dispatch.comments.OffsetAllocator;
import io.ovation.dispatch.comments.PendingComment;
import io.ovation.wire.Addresses;
import io.ovation.wire.proto.Answer;
import io.ovation.wire.proto.EventBatch;
import io.ovation.wire.proto.Segment;
import io.vertx.core.AsyncResult;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends one partition's batches: each stream's segment is made once, and each node with viewers
 * gets one message. The bus between nodes has no back-pressure of its own, so each link has a
 * window.
 */
public final class BatchSender {
  private static final Logger log = LoggerFactory.getLogger(BatchSender.class);

  /** What the partition does when an answer came in or a node fell silent. */
  public interface Events {
    void answered();

    /** A node knows a newer epoch. */
    void stale(long epoch);
  }

  private final EventBus bus;
  private final int partition;
  private final long epoch;
  private final int window;
  private final DeliveryOptions options;
  private final RoutingTable routes;
  private final OffsetAllocator offsets;
  private final DispatchMetrics meters;
  private final Events events;

  public BatchSender(
      EventBus bus,
      int partition,
      long epoch,
      int window,
      Duration nodeTimeout,
      RoutingTable routes,
      OffsetAllocator offsets,
      DispatchMetrics meters,
      Events events) {
    this.bus = bus;
    this.partition = partition;
    this.epoch = epoch;
    this.window = window;
    this.options = new DeliveryOptions().setSendTimeout(nodeTimeout.toMillis());
    this.routes = routes;
    this.offsets = offsets;
    this.meters = meters;
    this.events = events;
  }

  /** False if a node it must go to has its window full; try again when an answer came. */
  public boolean send(CommentBatch work) {
    for (PendingComment item : work.items) {
      for (NodeWindow link : routes.of(item.stream())) {
        if (!link.suspended() && link.unanswered() >= window) {
          return false;
        }
      }
    }
    Map<NodeWindow, EventBatch.Builder> batches = new HashMap<>();
    segments(work)
        .forEach(
            (stream, segment) -> {
              Segment built = segment.build();
              for (NodeWindow link : routes.of(stream)) {
                if (!link.suspended()) {
                  batches.computeIfAbsent(link, l -> EventBatch.newBuilder()).addSegments(built);
                }
              }
            });
    batches.forEach((link, batch) -> send(work, link, batch));
    work.sent = true;
    return true;
  }

  /** What is new in this batch, by stream; offsets rise within each. */
  private Map<String, Segment.Builder> segments(CommentBatch work) {
    Map<String, Segment.Builder> segments = new LinkedHashMap<>();
    for (PendingComment item : work.items) {
      long before = offsets.lastSent(item.stream());
      if (item.offset() <= before || offsets.hasSent(item)) {
        meters.known.increment();
        continue;
      }
      segments
          .computeIfAbsent(
              item.stream(),
              stream ->
                  Segment.newBuilder()
                      .setStream(stream)
                      .setPrevious(Math.max(before, item.previous())))
          .addEvents(item.event());
      offsets.sent(item);
      item.markSent();
      meters.events.increment();
    }
    return segments;
  }

  private void send(CommentBatch work, NodeWindow link, EventBatch.Builder batch) {
    batch.setPartition(partition).setEpoch(epoch).setNumber(link.sending(work));
    meters.messages.increment();
    bus.<Answer>request(Addresses.supervise(link.node()), batch.build(), options)
        .onComplete(answer -> answered(work, link, answer));
  }

  private void answered(CommentBatch work, NodeWindow link, AsyncResult<Message<Answer>> answer) {
    if (answer.succeeded() && !answer.result().body().getAccepted()) {
      events.stale(answer.result().body().getEpoch());
      return;
    }
    if (answer.succeeded()) {
      link.answered(work);
    } else if (!link.suspended()) {
      log.warn(
          "partition {}: node {} is out of the route until it registers again: {}",
          partition,
          link.node(),
          answer.cause().getMessage());
      meters.suspensions.increment();
      link.suspend();
    }
    events.answered();
  }
}
