package io.ovation.vertx;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.vertx.core.http.HttpConnection;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Closes connections of one event loop that do not complete a request's line and headers in time,
 * or the body of a request that has been answered. A connection that trickles them would never
 * reach the idle timeout. All connections have the same timeout, so they are kept in a queue, and
 * only its front has to be checked. One loop.
 */
public final class HeaderTimeouts {
  /** How often {@link #closeExpired} is to be called, in milliseconds. */
  public static final long CHECK_MS = 500;

  private final long timeout;
  private final LongAdder closed;
  private final ArrayDeque<Watcher> queue = new ArrayDeque<>();

  /**
   * @param timeout nanoseconds
   * @param closed counts the connections that were closed
   */
  public HeaderTimeouts(long timeout, LongAdder closed) {
    this.timeout = timeout;
    this.closed = closed;
  }

  /** Watches a new connection. */
  public void watch(HttpConnection connection) {
    ChannelHandlerContext http = NettyPipelines.contextOf(connection);
    http.pipeline().addBefore(http.name(), "headers", new Watcher());
  }

  public void closeExpired() {
    long now = System.nanoTime();
    Watcher watcher;
    while ((watcher = queue.peek()) != null && watcher.checkAt - now <= 0) {
      queue.remove();
      watcher.queued = false;
      if (watcher.awaiting && watcher.deadline - now <= 0) {
        closed.increment();
        watcher.close();
      } else if (watcher.awaiting) {
        // It was queued for an earlier request and awaits a later one now.
        enqueue(watcher, now);
      }
    }
  }

  private void enqueue(Watcher watcher, long now) {
    watcher.queued = true;
    watcher.checkAt = now + timeout;
    queue.add(watcher);
  }

  /**
   * Stands behind the HTTP decoder, which hands on complete headers only: a read that yields
   * nothing has brought a part of them. {@link NettyPipelines} removes it from connections that
   * carry no further requests.
   */
  final class Watcher extends ChannelDuplexHandler {
    /** When the headers, or the body, must be complete, in nanoseconds. */
    private long deadline;

    private boolean queued;
    private long checkAt;
    private @Nullable ChannelHandlerContext context;

    /**
     * The connection is new, or a part of the next request's headers has arrived, or a request was
     * answered before its end.
     */
    private boolean awaiting;

    /** Requests that have begun, and whose answers have not ended. */
    private int unanswered;

    /** The decoder handed something on since the current read began. */
    private boolean decoded;

    /** Between a request's headers and the end of its body. */
    private boolean inRequest;

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
      context = ctx;
      await();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
      decoded = true;
      if (msg instanceof HttpRequest) {
        inRequest = true;
        awaiting = false;
        unanswered++;
      }
      if (msg instanceof LastHttpContent) {
        inRequest = false;
        awaiting = false;
      }
      ctx.fireChannelRead(msg);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      if (!decoded && !inRequest && !awaiting) {
        await();
      }
      decoded = false;
      ctx.fireChannelReadComplete();
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise) {
      if (PipelinedAnswers.isEnd(msg) && --unanswered == 0 && inRequest) {
        await();
      }
      ctx.write(msg, promise);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
      awaiting = false;
      context = null;
    }

    private void await() {
      long now = System.nanoTime();
      awaiting = true;
      deadline = now + timeout;
      if (!queued) {
        enqueue(this, now);
      }
    }

    private void close() {
      if (context != null) {
        context.close();
      }
    }
  }
}
