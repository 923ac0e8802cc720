package io.ovation.http;

import io.netty.channel.ChannelHandlerContext;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.HttpServerConnection;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.LongAdder;

/**
 * The connections of one event loop that owe the head of a request. All have the same time for it,
 * so that they stand in a line, and one look at its front each second finds those that are late. A
 * connection that trickles its head keeps the idle timeout content for ever. One loop.
 */
final class HeaderTimeouts {
  /** How often {@link #sweep} is to be called. */
  static final long SWEEP_MS = 500;

  private final long patience;
  private final LongAdder late;
  private final ArrayDeque<HeaderTimeoutHandler> line = new ArrayDeque<>();

  /**
   * @param patience nanoseconds
   * @param late counts those that were closed
   */
  HeaderTimeouts(long patience, LongAdder late) {
    this.patience = patience;
    this.late = late;
  }

  /** A new connection. */
  void watch(HttpConnection connection) {
    ChannelHandlerContext context = ((HttpServerConnection) connection).channelHandlerContext();
    context.pipeline().addBefore(context.name(), "head", new HeaderTimeoutHandler(this));
  }

  void await(HeaderTimeoutHandler guard) {
    long now = System.nanoTime();
    guard.deadline = now + patience;
    if (!guard.inLine) {
      enter(guard, now);
    }
  }

  private void enter(HeaderTimeoutHandler guard, long now) {
    guard.inLine = true;
    guard.lookAt = now + patience;
    line.add(guard);
  }

  /** Closes who is late. */
  void sweep() {
    long now = System.nanoTime();
    HeaderTimeoutHandler guard;
    while ((guard = line.peek()) != null && guard.lookAt - now <= 0) {
      line.remove();
      guard.inLine = false;
      if (guard.awaited() && guard.deadline - now <= 0) {
        late.increment();
        guard.close();
      } else if (guard.awaited()) {
        // It owes a later head than the one that it entered the line for.
        enter(guard, now);
      }
    }
  }
}
