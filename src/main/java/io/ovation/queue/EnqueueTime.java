package io.ovation.queue;

import com.google.protobuf.InvalidProtocolBufferException;
import io.ovation.queue.proto.QueueItem;
import org.jspecify.annotations.Nullable;

/** Reads when an item was put into its queue. */
public final class EnqueueTime {
  private EnqueueTime() {}

  /**
   * By the producer's clock, in milliseconds since 1970; of a delayed item when it was due. 0 if
   * there is no item, or it does not say.
   */
  public static long of(byte @Nullable [] item) {
    if (item == null) {
      return 0;
    }
    try {
      QueueItem read = QueueItem.parseFrom(item);
      return Math.max(read.getCreatedAtMs(), read.getNotBeforeMs());
    } catch (InvalidProtocolBufferException e) {
      return 0;
    }
  }
}
