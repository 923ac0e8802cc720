package io.ovation.testkit;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToLongFunction;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Thousands of viewers from one process, each with its count, its order and its position. Their
 * addresses are spread over 127.0.0.0/8 so that no pair of addresses runs out of ports.
 *
 * <pre>
 *   try (Crowd crowd = new Crowd(CrowdProtocol.sockJs("s1"), node.port())) {
 *     crowd.open(5_000);
 *     …
 *     crowd.awaitEach(posted, Duration.ofSeconds(10));
 *     crowd.check();
 *   }
 * </pre>
 *
 * <p>Methods may be called from any thread but the crowd's own.
 */
public final class Crowd implements AutoCloseable {
  /** Connections that are being opened at a time. */
  private static final int OPENING = 256;

  private static final int PORTS_OF_AN_ADDRESS = 10_000;
  private static final int AUDITED = 50;
  private static final int READ_BYTES = 256 * 1024;

  /** What a test wants to know as it happens. Called on the crowd's loops. */
  public interface Listener {
    /** Any message but an event. */
    default void received(CrowdMember member, NonEventMessages.Message message) {}

    /** The connection ended, from whichever side, or could not be made. */
    default void left(CrowdMember member) {}

    /** Which node a member connects to, as a load balancer would choose. */
    default int port(CrowdMember member, int usual) {
      return usual;
    }

    /**
     * Whether what happened is to be expected: no answer, a refusal, an error message. What is not
     * fails the crowd.
     */
    default boolean expects(CrowdMember member, Throwable cause) {
      return false;
    }
  }

  private final CrowdProtocol protocol;
  private final int[] ports;
  private final Listener listener;
  private final int receiveBuffer;
  private final CrowdLoops loops;
  private final Map<EventLoop, CrowdLane> lanes = new ConcurrentHashMap<>();
  private final List<CrowdMember> members = new CopyOnWriteArrayList<>();
  private final AtomicInteger watching = new AtomicInteger();
  private final AtomicLong lost = new AtomicLong();
  private final Queue<CrowdMember> toOpen = new ConcurrentLinkedQueue<>();
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private volatile boolean closing;

  /**
   * @param ports of nodes on 127.0.0.1; members go round them
   */
  public Crowd(CrowdProtocol protocol, int... ports) {
    this(protocol, new Listener() {}, 0, ports);
  }

  /**
   * @param receiveBuffer bytes of each socket's SO_RCVBUF; 0 for the system's default
   */
  public Crowd(CrowdProtocol protocol, Listener listener, int receiveBuffer, int... ports) {
    this.protocol = protocol;
    this.listener = listener;
    this.receiveBuffer = receiveBuffer;
    this.ports = ports.clone();
    this.loops = new CrowdLoops(1);
  }

  /**
   * Opens {@code count} more connections, at most {@value #OPENING} at a time, and waits until all
   * watch.
   *
   * @return how long it took
   */
  public Duration open(int count, Duration limit) {
    long begun = System.nanoTime();
    List<CrowdMember> more = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int number = members.size() + i;
      EventLoop loop = loops.next(number);
      CrowdLane lane = lanes.computeIfAbsent(loop, l -> new CrowdLane());
      more.add(new CrowdMember(this, number, lane, number % AUDITED == 0));
    }
    members.addAll(more);
    int all = members.size();
    toOpen.addAll(more);
    for (int i = 0; i < OPENING; i++) {
      openNext();
    }
    Await.until(
        () -> watching + " of " + all + " members watch; " + failures.peek(),
        limit,
        () -> watching.get() >= all || !failures.isEmpty());
    checkFailures();
    return Duration.ofNanos(System.nanoTime() - begun);
  }

  public List<CrowdMember> members() {
    return members;
  }

  /** How many watch now. */
  public int watching() {
    return watching.get();
  }

  /** Connections that ended although the crowd had not closed. */
  public long lost() {
    return lost.get();
  }

  /** Events received by all members together. */
  public long events() {
    return sum(lane -> lane.messages.sum());
  }

  /** Payload bytes of all that was received. */
  public long bytes() {
    return sum(lane -> lane.bytes.sum());
  }

  public long gaps() {
    return sum(lane -> lane.gaps.sum());
  }

  /** Publish-to-receipt latencies in nanoseconds since the last call. */
  public Histogram takeLatencies() {
    Histogram all = new Histogram(3);
    lanes.values().forEach(lane -> all.add(lane.latency.getIntervalHistogram()));
    return all;
  }

  /** Waits until every member has received at least {@code count} events. */
  public void awaitEach(long count, Duration limit) {
    Await.until(
        () -> "every member has %d events; %s; %s".formatted(count, counts(), failures.peek()),
        limit,
        () -> members.stream().allMatch(member -> member.count() >= count));
  }

  /** Fails unless all was in order, well-formed and without a gap, and nobody was disconnected. */
  public void check() {
    checkFailures();
    long disordered = sum(lane -> lane.disordered.sum());
    long malformed = sum(lane -> lane.malformed.sum());
    if (disordered + malformed + gaps() + lost() > 0) {
      throw new AssertionError(
          "%d events out of order, %d malformed frames, %d gaps, %d connections lost"
              .formatted(disordered, malformed, gaps(), lost()));
    }
  }

  /** Events that were not above the one before. */
  public long disordered() {
    return sum(lane -> lane.disordered.sum());
  }

  /** How many members have received how many events. */
  public Map<Long, Integer> counts() {
    Map<Long, Integer> counts = new HashMap<>();
    members.forEach(member -> counts.merge(member.count(), 1, Integer::sum));
    return counts;
  }

  @Override
  public void close() {
    closing = true;
    loops.close();
  }

  CrowdProtocol protocol() {
    return protocol;
  }

  void connect(CrowdMember member) {
    toOpen.add(member);
    openNext();
  }

  void entered() {
    watching.incrementAndGet();
    openNext();
  }

  void left(CrowdMember member, boolean wasIn) {
    if (wasIn) {
      watching.decrementAndGet();
    }
    if (!closing) {
      lost.incrementAndGet();
      listener.left(member);
    }
  }

  void received(CrowdMember member, NonEventMessages.Message message) {
    listener.received(member, message);
  }

  /** Runs something of a member's later, on its loop. */
  void later(CrowdMember member, Runnable task, long millis) {
    if (!closing) {
      var unused = loops.next(member.number()).schedule(task, millis, TimeUnit.MILLISECONDS);
    }
  }

  void failed(CrowdMember member, Throwable cause) {
    if (!closing && failures.size() < 100 && !listener.expects(member, cause)) {
      failures.add(cause);
    }
  }

  private void openNext() {
    CrowdMember member = toOpen.poll();
    if (member == null || closing) {
      return;
    }
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loops.next(member.number()))
            .channel(loops.channel())
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.SO_REUSEADDR, true)
            .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BYTES))
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    if (protocol.tls()) {
                      channel.pipeline().addLast(TrustingTls.CLIENT.newHandler(channel.alloc()));
                    }
                    channel.pipeline().addLast(member.handler());
                  }
                });
    if (Epoll.isAvailable()) {
      // Else the port is chosen before the other end is known, and those of the last crowd are
      // taken.
      bootstrap.option(EpollChannelOption.IP_BIND_ADDRESS_NO_PORT, true);
    }
    if (receiveBuffer > 0) {
      bootstrap.option(ChannelOption.SO_RCVBUF, receiveBuffer);
    }
    InetSocketAddress to =
        new InetSocketAddress(
            "127.0.0.1", listener.port(member, ports[member.number() % ports.length]));
    bootstrap
        .connect(to, address(member.number()))
        .addListener(done -> unlessDone(member, done.cause()));
  }

  private void unlessDone(CrowdMember member, @Nullable Throwable cause) {
    if (cause != null) {
      failed(member, cause);
      left(member, false);
    }
  }

  private static InetSocketAddress address(int number) {
    return new InetSocketAddress("127.1.0." + (1 + number / PORTS_OF_AN_ADDRESS % 250), 0);
  }

  private void checkFailures() {
    Throwable failure = failures.poll();
    if (failure != null) {
      throw new AssertionError("a member of the crowd failed", failure);
    }
  }

  private long sum(ToLongFunction<CrowdLane> what) {
    return lanes.values().stream().mapToLong(what).sum();
  }
}
