package io.ovation.dispatch.routing;

import io.ovation.dispatch.DispatchContext;
import io.ovation.dispatch.PartitionFailureHandler;
import io.ovation.dispatch.comments.CommentBatch;
import io.ovation.dispatch.comments.PendingEvent;
import io.ovation.dispatch.comments.StreamOffsets;
import io.ovation.store.StaleEpoch;
import io.ovation.trace.TraceSpan;
import io.ovation.wire.Addresses;
import io.ovation.wire.proto.Answer;
import io.ovation.wire.proto.EventBatch;
import io.ovation.wire.proto.Segment;
import io.vertx.core.AsyncResult;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends one partition's batches: each stream's segment is built once, and each node with viewers
 * gets one message. The event bus between nodes has no back-pressure, so the number of unanswered
 * batches per node is bounded here.
 */
public final class BatchSender {
  private static final Logger log = LoggerFactory.getLogger(BatchSender.class);

  private final DispatchContext d;
  private final int partition;
  private final long epoch;
  private final DeliveryOptions timeout;
  private final RoutingTable routes;
  private final StreamOffsets offsets;
  private final PartitionFailureHandler guard;
  private final Runnable onAnswer;

  /**
   * @param onAnswer called when a node has answered or was suspended
   */
  public BatchSender(
      DispatchContext context,
      int partition,
      long epoch,
      RoutingTable routes,
      StreamOffsets offsets,
      PartitionFailureHandler guard,
      Runnable onAnswer) {
    this.d = context;
    this.partition = partition;
    this.epoch = epoch;
    this.timeout = d.nodeTimeout();
    this.routes = routes;
    this.offsets = offsets;
    this.guard = guard;
    this.onAnswer = onAnswer;
  }

  /** Returns false, and sends nothing, if a node's window is full; try again after an answer. */
  public boolean send(CommentBatch batch) {
    if (windowFull(batch)) {
      return false;
    }
    Map<NodeProgress, EventBatch.Builder> messages = new HashMap<>();
    for (Segment.Builder segment : segments(batch)) {
      Segment built = segment.build();
      for (NodeProgress node : nodesFor(built.getStream(), batch)) {
        messages.computeIfAbsent(node, n -> EventBatch.newBuilder()).addSegments(built);
      }
    }
    batch.markSent();
    long now = d.storeMicros().getAsLong() / 1_000;
    d.metrics().sending(batch.comments().size(), batch.oldestMs(), now);
    messages.forEach((node, message) -> send(batch, node, message));
    return true;
  }

  /**
   * The nodes that have viewers of the stream. Events that history does not have are sent to
   * another node in any case, which keeps them for the next owner if this one ends.
   */
  private List<NodeProgress> nodesFor(String stream, CommentBatch batch) {
    List<NodeProgress> nodes = new ArrayList<>(4);
    for (NodeProgress node : routes.nodesOf(stream)) {
      if (!node.suspended()) {
        nodes.add(node);
      }
    }
    if (batch.skipsHistory() && nodes.stream().noneMatch(this::isAnother)) {
      routes.nodes().stream()
          .filter(node -> isAnother(node) && node.unanswered() < d.config().window())
          .findFirst()
          .ifPresent(nodes::add);
    }
    return nodes;
  }

  private boolean isAnother(NodeProgress node) {
    return !node.suspended() && !node.id().equals(d.cluster().self());
  }

  private boolean windowFull(CommentBatch batch) {
    for (PendingEvent comment : batch.comments()) {
      for (NodeProgress node : routes.nodesOf(comment.stream())) {
        if (!node.suspended() && node.unanswered() >= d.config().window()) {
          long blockedMs = node.blocks(now());
          if (blockedMs <= d.config().nodeTimeout().toMillis()) {
            return true;
          }
          suspend(node, "it held up the others for " + blockedMs + " ms within a minute");
        }
      }
    }
    return false;
  }

  private long now() {
    return d.monotonicMillis().getAsLong();
  }

  private void suspend(NodeProgress node, String why) {
    log.warn(
        "partition {}: node {} is suspended until it registers again: {}",
        partition,
        node.id(),
        why);
    d.metrics().suspensions.increment();
    node.suspend(now());
  }

  /**
   * What is new in this batch, in one segment per stream; offsets rise within each. What follows a
   * hole begins another one, so that the nodes notice the hole.
   */
  private List<Segment.Builder> segments(CommentBatch batch) {
    List<Segment.Builder> segments = new ArrayList<>();
    Map<String, Segment.Builder> open = new HashMap<>();
    for (PendingEvent comment : batch.comments()) {
      if (comment.absent()) {
        continue;
      }
      long before = offsets.lastSent(comment.stream());
      if (comment.deleted() || comment.offset() <= before || offsets.hasSent(comment)) {
        d.metrics().duplicate(comment.origin());
        continue;
      }
      Segment.Builder segment = open.get(comment.stream());
      if (segment == null || comment.afterHole()) {
        boolean known = before > 0 && !comment.afterHole();
        segment =
            Segment.newBuilder()
                .setStream(comment.stream())
                .setPrevious(known ? before : comment.previous());
        open.put(comment.stream(), segment);
        segments.add(segment);
      }
      segment.addEvents(comment.event());
      offsets.markSent(comment);
      comment.markSent();
      d.metrics().sent(comment.origin(), comment.afterHole());
    }
    return segments;
  }

  private void send(CommentBatch batch, NodeProgress node, EventBatch.Builder message) {
    message.setPartition(partition).setEpoch(epoch).setNumber(node.sending(batch));
    message.setUnsaved(batch.skipsHistory());
    d.metrics().messages.increment();
    TraceSpan span = batch.trace().sending(node.id());
    if (span != null) {
      message.setTraceparent(span.traceparent());
    }
    long sentMs = now();
    d.bus()
        .<Answer>request(Addresses.supervise(node.id()), message.build(), timeout)
        .onComplete(
            guard.wrap(
                answer -> {
                  if (span != null) {
                    span.end(answer.cause());
                  }
                  answered(batch, node, answer, sentMs);
                }));
  }

  private void answered(
      CommentBatch batch, NodeProgress node, AsyncResult<Message<Answer>> answer, long sentMs) {
    if (answer.succeeded()) {
      d.metrics().answers.record(now() - sentMs, TimeUnit.MILLISECONDS);
      Answer body = answer.result().body();
      if (!body.getAccepted()) {
        guard.fail(new StaleEpoch(partition, epoch, body.getEpoch()));
        return;
      }
      node.answered(batch, now());
    } else if (!node.suspended()) {
      suspend(node, String.valueOf(answer.cause().getMessage()));
    }
    onAnswer.run();
  }
}
