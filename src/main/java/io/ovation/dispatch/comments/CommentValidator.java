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
    check("user", InputRules.userFault(comment.getUser()));
    check("text", InputRules.textFault(comment.getText()));
    CommentRequest admitted = filter.admit(normalized(complete(comment, itemId)));
    return admitted == null ? null : new PendingEvent(admitted);
  }

  private PendingEvent event(StreamEvent event, String itemId) {
    checkStream(event.getStream());
    String id = event.getId().isEmpty() ? itemId : event.getId();
    return new PendingEvent(event.toBuilder().setId(id).build());
  }

  /** Throws {@link PoisonItem} unless the stream has a valid name and is of this partition. */
  void checkStream(String stream) {
    check("stream", InputRules.streamFault(stream));
    int at = partitions.of(stream);
    if (at != partition) {
      throw bad("stream " + stream + " belongs to partition " + at);
    }
  }

  /** With user and text in NFC, as ingress sends them. */
  private static CommentRequest normalized(CommentRequest comment) {
    String user = InputRules.nfc(comment.getUser());
    String text = InputRules.nfc(comment.getText());
    return user.equals(comment.getUser()) && text.equals(comment.getText())
        ? comment
        : comment.toBuilder().setUser(user).setText(text).build();
  }

  private CommentRequest complete(CommentRequest comment, String itemId) {
    long now = wallMillis.getAsLong();
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
