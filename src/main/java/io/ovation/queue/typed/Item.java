package io.ovation.queue.typed;

import com.google.protobuf.Message;

/** A decoded item. */
public record Item<T extends Message>(QueueMethod<T> method, T request, Meta meta) {

  Item<T> onAttempt(int attempt) {
    return attempt == meta.attempt() ? this : new Item<>(method, request, meta.onAttempt(attempt));
  }
}
