package io.ovation.queue.typed.consumer;

import java.time.Duration;

/**
 * A consumer's bounds.
 *
 * @param concurrency handlers of the consumer that run at a time
 * @param prefetch items per queue (lane and partition) that may be unacked, those that wait for
 *     their next attempt included; the same on every node for one queue
 * @param drain how long a stop waits for running handlers
 */
public record ConsumerOptions(int concurrency, int prefetch, Duration drain) {

  public ConsumerOptions {
    if (concurrency < 1 || prefetch < 1 || drain.isNegative()) {
      throw new IllegalArgumentException(
          "concurrency %d and prefetch %d must be positive, drain %s not negative"
              .formatted(concurrency, prefetch, drain));
    }
  }
}
