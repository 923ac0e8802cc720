package io.ovation.vertx;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Lets POSTs that a client sends on one connection without waiting be worked on together; the
 * answers keep the order of the requests. Vert.x begins a request only when the answer to the one
 * before has ended, so one client would get one answer per group commit. Here a handler may {@link
 * #postpone} its answer: for Vert.x it has then ended, and it is written once it is known.
 *
 * <p>At most {@link #LIMIT} answers of a connection are owed; then nothing more is read from it.
 * Whatever is no POST waits until all answers before it are written. Both hold also for a client
 * that does not read its answers. One loop.
 */
public final class PipelinedAnswers extends ChannelDuplexHandler {
  /** Answers owed at which the connection is not read. */
  static final int LIMIT = 256;

  /** How long a connection that is to be closed waits for the answers that are owed. */
  private static final long CLOSE_PATIENCE_MS = 3000;

  /** Requests that have come in and are not answered, with those whose answer is postponed. */
  private int unanswered;

  /** The client has sent a request before the answer to the one before. */
  private boolean pipelining;

  /** To be called when the client turns out to do so. */
  private @Nullable Runnable onNext;

  /** Answers and other messages of responses, in the order of their requests. */
  private final ArrayDeque<Outgoing> owed = new ArrayDeque<>();

  /** What was decoded and has to wait. */
  private final ArrayDeque<Object> held = new ArrayDeque<>();

  /** The answer whose end Vert.x is just writing. */
  private @Nullable Postponed ending;

  /** The channel was told not to read. */
  private boolean stopped;

  private @Nullable ChannelPromise closing;
  private @Nullable ChannelHandlerContext context;

  PipelinedAnswers() {}

  /** Adds the handler to a new connection. */
  public static void install(HttpConnection connection) {
    ChannelHandlerContext http = NettyPipelines.contextOf(connection);
    http.pipeline().addBefore(http.name(), "answers", new PipelinedAnswers());
  }

  /**
   * Calls {@code task}, soon or when the client sends its next request, if the answer to this one
   * should then be postponed. On the request's loop.
   */
  public static void whenNextWaits(HttpServerRequest request, Runnable task) {
    PipelinedAnswers answers = of(request);
    if (answers == null || !HttpMethod.POST.name().equals(request.method().name())) {
      return;
    }
    if (answers.pipelining) {
      answers.soon(task);
    } else {
      answers.onNext = task;
    }
  }

  /** In a task of its own: each answer that ends begins the next request, within one another. */
  private void soon(Runnable task) {
    ChannelHandlerContext ctx = context;
    if (ctx != null) {
      ctx.executor().execute(task);
    }
  }

  /**
   * Postpones the answer to a request, which must have been read to its end. On its loop; Vert.x
   * goes on to the next request at once. Headers that were set on the response are kept.
   *
   * @return null if the request has been answered, or its connection closed
   */
  public static @Nullable Postponed postpone(HttpServerRequest request) {
    PipelinedAnswers answers = of(request);
    return answers == null || !request.isEnded() || request.response().ended()
        ? null
        : answers.postponed(request.response()::end);
  }

  private static @Nullable PipelinedAnswers of(HttpServerRequest request) {
    ChannelHandlerContext http = NettyPipelines.contextOf(request.connection());
    return http.channel().isActive() ? http.pipeline().get(PipelinedAnswers.class) : null;
  }

  /**
   * @param end ends the answer, as far as Vert.x is concerned
   */
  @Nullable Postponed postponed(Runnable end) {
    Postponed answer = new Postponed();
    ending = answer;
    end.run();
    boolean taken = ending == null;
    ending = null;
    return taken ? answer : null;
  }

  /** A message to be written; null while it is not known. */
  private static class Outgoing {
    @Nullable Object message;
    @Nullable ChannelPromise promise;
  }

  /** An answer that is owed. */
  public final class Postponed extends Outgoing {
    private HttpHeaders headers = EmptyHttpHeaders.INSTANCE;

    private Postponed() {}

    /**
     * Answers. Once, on the connection's loop. Does nothing if the connection has closed.
     *
     * @param more headers, beside those that the response had when it was postponed
     */
    public void end(int status, Map<? extends CharSequence, String> more, String body) {
      ChannelHandlerContext ctx = context;
      if (ctx == null) {
        return;
      }
      HttpHeaders all = headers.copy();
      more.forEach(all::set);
      ByteBuf bytes = ByteBufUtil.writeUtf8(ctx.alloc(), body);
      all.set(HttpHeaderNames.CONTENT_LENGTH, bytes.readableBytes());
      HttpResponseStatus code = HttpResponseStatus.valueOf(status);
      message =
          new DefaultFullHttpResponse(
              HttpVersion.HTTP_1_1, code, bytes, all, EmptyHttpHeaders.INSTANCE);
      drain(ctx);
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    context = null;
    release();
    readOn(ctx);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    context = null;
    release();
    ctx.fireChannelInactive();
  }

  private void release() {
    held.forEach(ReferenceCountUtil::release);
    held.clear();
    for (Outgoing outgoing = owed.poll(); outgoing != null; outgoing = owed.poll()) {
      ReferenceCountUtil.release(outgoing.message);
      if (outgoing.promise != null) {
        outgoing.promise.tryFailure(new ClosedChannelException());
      }
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    if (!held.isEmpty() || mustWait(msg)) {
      held.add(msg);
    } else {
      pass(ctx, msg);
    }
  }

  /** Whether a request must wait for answers to those before it. */
  private boolean mustWait(Object msg) {
    return msg instanceof HttpRequest request
        && unanswered > 0
        && (unanswered >= LIMIT || !HttpMethod.POST.equals(request.method()));
  }

  private void pass(ChannelHandlerContext ctx, Object msg) {
    if (msg instanceof HttpRequest request) {
      pipelining |= unanswered > 0 && HttpVersion.HTTP_1_1.equals(request.protocolVersion());
      unanswered++;
      Runnable waits = onNext;
      if (pipelining && waits != null) {
        onNext = null;
        soon(waits);
      }
    }
    ctx.fireChannelRead(msg);
  }

  /**
   * Nothing is read while something is held, whatever Vert.x wants. To swallow this call is not
   * enough: a channel that reads by itself goes on until it is told not to.
   */
  @Override
  public void read(ChannelHandlerContext ctx) {
    if (held.isEmpty()) {
      ctx.read();
    } else {
      stopped = true;
      ctx.channel().config().setAutoRead(false);
    }
  }

  private void readOn(ChannelHandlerContext ctx) {
    if (stopped && held.isEmpty()) {
      stopped = false;
      ctx.channel().config().setAutoRead(true);
    }
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise) {
    Postponed answer = ending;
    if (answer != null && msg instanceof HttpResponse response && isEnd(msg)) {
      ending = null;
      answer.headers = response.headers();
      owed.add(answer);
      ReferenceCountUtil.release(msg);
      promise.trySuccess();
      return;
    }
    if (owed.isEmpty()) {
      answered(msg);
      ctx.write(msg, promise);
    } else {
      Outgoing later = new Outgoing();
      later.message = msg;
      later.promise = promise;
      owed.add(later);
    }
  }

  private void answered(@Nullable Object written) {
    if (isEnd(written)) {
      unanswered--;
      onNext = null;
      if (!held.isEmpty()) {
        soon(this::passHeld);
      }
    }
  }

  /** Whether a message ends an answer; "100 Continue" does not. */
  static boolean isEnd(@Nullable Object msg) {
    boolean informational =
        msg instanceof HttpResponse response
            && response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    return msg instanceof LastHttpContent && !informational;
  }

  /**
   * Writes what is known, up to the first answer that is not, while the client takes it: what it
   * does not take counts as owed, so that no more is read from it.
   */
  private void drain(ChannelHandlerContext ctx) {
    boolean wrote = false;
    for (Outgoing next = owed.peek();
        next != null && next.message != null && ctx.channel().isWritable();
        next = owed.peek()) {
      owed.remove();
      answered(next.message);
      ctx.write(next.message, next.promise == null ? ctx.newPromise() : next.promise);
      wrote = true;
    }
    if (wrote) {
      ctx.flush();
    }
    ChannelPromise close = closing;
    if (close != null && owed.isEmpty()) {
      closing = null;
      // Behind what the client has not taken yet.
      ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> ctx.close(close));
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (!owed.isEmpty() && ctx.channel().isWritable()) {
      soon(() -> drain(ctx)); // This may be within a write or a flush.
    }
    ctx.fireChannelWritabilityChanged();
  }

  private void passHeld() {
    ChannelHandlerContext ctx = context;
    if (ctx == null || held.isEmpty()) {
      return;
    }
    for (Object next = held.peek(); next != null && !mustWait(next); next = held.peek()) {
      pass(ctx, held.remove());
    }
    // What is answered during a read is flushed at its end.
    ctx.fireChannelReadComplete();
    readOn(ctx);
  }

  /** Waits for the answers that are owed, for a while. */
  @Override
  public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
    Channel channel = ctx.channel();
    if (owed.isEmpty() || closing != null || !channel.isActive()) {
      ctx.close(promise);
      return;
    }
    closing = promise;
    channel
        .eventLoop()
        .schedule(() -> ctx.close(promise), CLOSE_PATIENCE_MS, TimeUnit.MILLISECONDS);
  }
}
