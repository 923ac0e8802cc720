package io.ovation.dispatch.comments;

import io.ovation.live.proto.CommentRequest;
import io.ovation.queue.Delivery;
import java.util.List;

/** Batches of comments, for tests of what happens to them after they were gathered. */
public final class TestBatches {
  private TestBatches() {}

  public static PendingComment comment(String stream, String id, long offset) {
    return new PendingComment(
        CommentRequest.newBuilder().setStream(stream).setUser("u").setId(id).build(), offset);
  }

  public static CommentBatch of(PendingComment... comments) {
    return batch(false, comments);
  }

  public static CommentBatch redelivered(PendingComment... comments) {
    return batch(true, comments);
  }

  private static CommentBatch batch(boolean redelivered, PendingComment... comments) {
    return new CommentBatch(
        List.of(comments), new Delivery(new byte[0], redelivered, 1, 1), redelivered);
  }

  /** Whether nothing but the history keeps it from its ack. */
  public static boolean answered(CommentBatch batch) {
    batch.appended();
    return batch.done();
  }
}
