package io.ovation.dispatch.comments;

import io.ovation.http.body.InputRules;
import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.CommentsQueue;
import io.ovation.queue.Partitions;
import io.ovation.queue.typed.Item;
import io.ovation.queue.typed.PoisonItem;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads one partition's items. A peer in any language may have written them, so that what ingress
 * would refuse is poison here.
 */
public final class CommentDecoder {

  /** A peer's clock may be that much ahead; more is no time that a viewer should be shown. */
  private static final long AHEAD_MS = 60_000;

  private final Partitions partitions;
  private final int partition;
  private final LongSupplier millis;

  public CommentDecoder(Partitions partitions, int partition, LongSupplier millis) {
    this.partitions = partitions;
    this.partition = partition;
    this.millis = millis;
  }

  /**
   * @throws PoisonItem if it can never be dispatched
   */
  CommentRequest read(byte[] body) {
    Item<CommentRequest> item = CommentsQueue.COMMENT.decode(body);
    return complete(item.request(), item.meta().id());
  }

  private CommentRequest complete(CommentRequest comment, String itemId) {
    check("stream", InputRules.streamFault(comment.getStream()));
    check("user", InputRules.userFault(comment.getUser()));
    check("text", InputRules.textFault(comment.getText()));
    int at = partitions.of(comment.getStream());
    if (at != partition) {
      throw bad("stream " + comment.getStream() + " belongs to partition " + at);
    }
    long now = millis.getAsLong();
    boolean timed = comment.getAtMs() > 0 && comment.getAtMs() <= now + AHEAD_MS;
    if (!comment.getId().isEmpty() && timed) {
      return comment;
    }
    CommentRequest.Builder builder = comment.toBuilder();
    if (comment.getId().isEmpty()) {
      builder.setId(itemId.isEmpty() ? UUID.randomUUID().toString() : itemId);
    }
    if (!timed) {
      builder.setAtMs(now);
    }
    return builder.build();
  }

  private static void check(String field, @Nullable String fault) {
    if (fault != null) {
      throw bad(field + " " + fault);
    }
  }

  private static PoisonItem bad(String detail) {
    return new PoisonItem(PoisonItem.Reason.BAD_PAYLOAD, detail);
  }
}
