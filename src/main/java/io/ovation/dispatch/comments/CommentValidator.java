package io.ovation.dispatch.comments;

import io.ovation.http.body.InputRules;
import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.StreamEvent;
import io.ovation.moderation.BanFilter;
import io.ovation.queue.Partitions;
import io.ovation.queue.typed.Item;
import io.ovation.queue.typed.PoisonItem;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decodes one partition's items and checks them as ingress does, since a producer in any language
 * may have written them.
 */
final class CommentValidator {

  /** How far a producer's clock may be ahead; a later time is replaced by this node's. */
  private static final long AHEAD_MS = 60_000;

  private final Partitions partitions;
  private final int partition;
  private final BanFilter filter;
  private final LongSupplier wallMillis;

  CommentValidator(
      Partitions partitions, int partition, BanFilter filter, LongSupplier wallMillis) {
    this.filter = filter;
    this.partitions = partitions;
    this.partition = partition;
    this.wallMillis = wallMillis;
  }

  /**
   * @return with an id and a time, whether or not the producer set them; null if its author is
   *     banned
   * @throws PoisonItem if it can never be dispatched
   */
  @Nullable PendingEvent decode(Item<?> item) {
    return item.request() instanceof StreamEvent event
        ? event(event, item.meta().id())
        : comment((CommentRequest) item.request(), item.meta().id());
  }

  private @Nullable PendingEvent comment(CommentRequest comment, String itemId) {
    checkStream(comment.getStream());
    CommentRequest admitted = filter.admit(EventFields.comment(complete(comment, itemId)));
    return admitted == null ? null : new PendingEvent(admitted);
  }

  private PendingEvent event(StreamEvent event, String itemId) {
    checkStream(event.getStream());
    StreamEvent.Builder complete = event.toBuilder().setId(id(event.getId(), itemId));
    complete.setAtMs(time(event.getAtMs()));
    if (event.hasHeld()) {
      CommentRequest held = event.getHeld().getComment();
      complete.getHeldBuilder().setComment(complete(held, ""));
    }
    return new PendingEvent(EventFields.event(complete.build()));
  }

  /** Throws {@link PoisonItem} unless the stream has a valid name and is of this partition. */
  void checkStream(String stream) {
    EventFields.check("stream", InputRules.streamFault(stream));
    int at = partitions.of(stream);
    if (at != partition) {
      throw EventFields.bad("stream " + stream + " belongs to partition " + at);
    }
  }

  private CommentRequest complete(CommentRequest comment, String itemId) {
    String id = id(comment.getId(), itemId);
    long at = time(comment.getAtMs());
    return id.equals(comment.getId()) && at == comment.getAtMs()
        ? comment
        : comment.toBuilder().setId(id).setAtMs(at).build();
  }

  private static String id(String given, String itemId) {
    String id = given.isEmpty() ? itemId : given;
    return id.isEmpty() ? UUID.randomUUID().toString() : id;
  }

  private long time(long given) {
    long now = wallMillis.getAsLong();
    return given > 0 && given <= now + AHEAD_MS ? given : now;
  }
}
