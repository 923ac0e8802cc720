package io.ovation.testkit;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseDecoder;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;
import org.jspecify.annotations.Nullable;

/**
 * Posts at a fixed rate, whatever the answers do: each post has a time at which it is due, and its
 * latency counts from then, also when it had to wait for a connection. On one loop of its own.
 */
public final class OpenLoop implements AutoCloseable {
  private static final long TICK_NANOS = 500_000;

  /** What is posted. Called on the loop. */
  public interface Script {
    String path(long n);

    /**
     * @param dueNanos when it is meant to be sent, by {@link System#nanoTime}
     */
    String body(long n, long dueNanos);
  }

  private final Script script;
  private final int port;
  private final boolean tls;
  private final CrowdLoops loops = new CrowdLoops(1);
  private final EventLoop loop = loops.next(0);
  private final ArrayDeque<Channel> idle = new ArrayDeque<>();
  private final ArrayDeque<Long> due = new ArrayDeque<>();
  private final Map<Integer, AtomicLong> statuses = new ConcurrentHashMap<>();
  private final SingleWriterRecorder latency = new SingleWriterRecorder(600_000_000_000L, 3);
  private final AtomicLong answered = new AtomicLong();
  private final AtomicLong posted = new AtomicLong();
  private volatile @Nullable Throwable failure;
  private volatile boolean closing;

  private double perNano;
  private long begun;
  private long quota;
  private long released;
  private long number;

  /**
   * @param connections how many posts may be unanswered; further ones wait, and their time runs
   */
  public OpenLoop(int port, int connections, Script script) {
    this(port, false, connections, script);
  }

  /**
   * @param tls whether connections are TLS; any certificate will do
   */
  public OpenLoop(int port, boolean tls, int connections, Script script) {
    this.port = port;
    this.tls = tls;
    this.script = script;
    for (int i = 0; i < connections; i++) {
      connect();
    }
    Await.until("connections to post on", Duration.ofSeconds(20), () -> open() == connections);
  }

  private int open() {
    return loop.submit(idle::size).awaitUninterruptibly().getNow();
  }

  /** Posts at a rate for a time and waits for the answers. */
  public void run(double perSecond, Duration time) {
    start(perSecond, time);
    finish(Duration.ofSeconds(60));
  }

  public void start(double perSecond, Duration time) {
    loop.execute(
        () -> {
          perNano = perSecond / 1e9;
          quota = Math.round(perSecond * time.toNanos() / 1e9);
          released = 0;
          begun = System.nanoTime();
          tick();
        });
  }

  /** Waits until everything is posted and answered. */
  public void finish(Duration limit) {
    Await.until(
        () -> this + " to be answered; " + failure,
        limit,
        () -> loop.submit(this::done).awaitUninterruptibly().getNow() || failure != null);
    if (failure != null) {
      throw new AssertionError("posting failed", failure);
    }
  }

  private boolean done() {
    return released >= quota && due.isEmpty() && posted.get() == answered.get();
  }

  /** Answers by status. */
  public long answers(int status) {
    AtomicLong count = statuses.get(status);
    return count == null ? 0 : count.get();
  }

  public long posted() {
    return posted.get();
  }

  /** Due-to-answer latencies in nanoseconds since the last call. */
  public Histogram takeLatencies() {
    return latency.getIntervalHistogram();
  }

  private void tick() {
    long now = System.nanoTime();
    while (released < quota && begun + (long) (released / perNano) <= now) {
      due.add(begun + (long) (released / perNano));
      released++;
    }
    sendDue();
    if (released < quota) {
      long next = begun + (long) (released / perNano) - System.nanoTime();
      var unused = loop.schedule(this::tick, Math.max(TICK_NANOS / 5, next), TimeUnit.NANOSECONDS);
    }
  }

  private void sendDue() {
    while (!due.isEmpty() && !idle.isEmpty()) {
      Channel channel = idle.poll();
      long at = due.poll();
      channel.pipeline().get(Answers.class).due = at;
      String body = script.body(number, at);
      ByteBuf request =
          ByteBufUtil.writeUtf8(
              channel.alloc(),
              "POST "
                  + script.path(number)
                  + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                  + "Content-Length: "
                  + ByteBufUtil.utf8Bytes(body)
                  + "\r\n\r\n"
                  + body);
      number++;
      posted.incrementAndGet();
      channel.writeAndFlush(request);
    }
  }

  private void connect() {
    new Bootstrap()
        .group(loop)
        .channel(loops.channel())
        .option(ChannelOption.TCP_NODELAY, true)
        .handler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                if (tls) {
                  channel.pipeline().addLast(TrustingTls.CLIENT.newHandler(channel.alloc()));
                }
                channel
                    .pipeline()
                    .addLast(
                        new HttpResponseDecoder(),
                        new HttpObjectAggregator(1 << 20),
                        new Answers());
              }
            })
        .connect("127.0.0.1", port)
        .addListener(
            done -> {
              if (done.cause() != null) {
                failure = done.cause();
              }
            });
  }

  @Override
  public void close() {
    closing = true;
    loops.close();
  }

  @Override
  public String toString() {
    return "open loop (%s posted, %s answered: %s)".formatted(posted, answered, statuses);
  }

  /** One connection's answers. */
  private final class Answers extends SimpleChannelInboundHandler<FullHttpResponse> {
    long due;

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      idle.add(ctx.channel());
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpResponse answer) {
      latency.recordValue(Math.max(0, System.nanoTime() - due));
      statuses.computeIfAbsent(answer.status().code(), s -> new AtomicLong()).incrementAndGet();
      answered.incrementAndGet();
      idle.add(ctx.channel());
      sendDue();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      if (!closing && idle.remove(ctx.channel())) {
        connect(); // a server may close what has been idle for a while
      } else if (!closing) {
        failure = new IOException("a connection to post on was closed");
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      failure = cause;
      ctx.close();
    }
  }
}
