package io.ovation.dispatch.comments;

import io.ovation.live.proto.CommentRequest;
import io.ovation.queue.Delivery;
import java.util.List;

/** Batches of comments, for tests of what happens to them after they were gathered. */
public final class TestBatches {
  private TestBatches() {}

  public static PendingEvent comment(String stream, String id) {
    return new PendingEvent(
        CommentRequest.newBuilder().setStream(stream).setUser("u").setId(id).build());
  }

  public static PendingEvent comment(String stream, String id, long offset) {
    PendingEvent comment = comment(stream, id);
    comment.assign(offset, comment.previous());
    return comment;
  }

  /** One that ingress accepted at that time. */
  public static PendingEvent accepted(String stream, String id, long offset, long atMs) {
    PendingEvent comment =
        new PendingEvent(
            CommentRequest.newBuilder()
                .setStream(stream)
                .setUser("u")
                .setId(id)
                .setAtMs(atMs)
                .build());
    comment.assign(offset, comment.previous());
    return comment;
  }

  public static CommentBatch of(PendingEvent... comments) {
    return new CommentBatch(List.of(comments), new Delivery(new byte[0], false, 1, 1));
  }

  /** Whether nothing but the history keeps it from its ack. */
  public static boolean answered(CommentBatch batch) {
    batch.appended();
    return batch.done();
  }

  public static void skipHistory(CommentBatch batch) {
    batch.skipHistory();
  }
}
