package io.ovation.queue.typed;

import com.google.protobuf.Message;

/** A decoded item. */
public record Item<T extends Message>(QueueMethod<T> method, T request, Meta meta) {}
