package io.ovation.dispatch;

import com.google.protobuf.ByteString;
import io.ovation.cluster.ObjectStreamNames;
import io.ovation.config.Config;
import io.ovation.dispatch.comments.DispatchRateLimiter;
import io.ovation.live.proto.CommentRequest;
import io.ovation.metrics.Metrics;
import io.ovation.moderation.BanFilter;
import io.ovation.queue.Broker;
import io.ovation.queue.Delivery;
import io.ovation.queue.DeliveryHandler;
import io.ovation.queue.EventPublisher;
import io.ovation.queue.FailureDetails;
import io.ovation.queue.Partitions;
import io.ovation.queue.QueueName;
import io.ovation.queue.Subscription;
import io.ovation.queue.proto.QueueItem;
import io.ovation.store.ScriptedStore;
import io.ovation.testkit.FakeCluster;
import io.ovation.testkit.VirtualVertx;
import io.ovation.wire.proto.Answer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A dispatcher's surroundings in the test's hands: virtual time, a scripted store, an event bus and
 * a broker that only record. One partition; the wall clock begins at 1,000 s.
 */
public final class DispatchFixture {
  public static final Answer ACCEPTED = Answer.newBuilder().setAccepted(true).build();
  public static final Answer REFUSED = Answer.newBuilder().setAccepted(false).build();
  public static final Duration AWAY = Duration.ofSeconds(2);
  private static final long BEGIN_MS = 1_000_000;

  public final VirtualVertx time = new VirtualVertx();
  public final ScriptedStore store = new ScriptedStore();
  public final FakeCluster cluster = new FakeCluster("n1").setMembers("n1");
  public final Metrics metrics = new Metrics();
  public final List<Long> acked = new ArrayList<>();
  public final List<DeadLetter> deadLetters = new ArrayList<>();
  public final List<String> closed = new ArrayList<>();
  public final Map<String, DeliveryHandler> consumers = new HashMap<>();
  public final List<Throwable> failures = new ArrayList<>();
  public final PartitionFailureHandler guard = new PartitionFailureHandler(failures::add);

  /** Whatever reads the wall clock throws: an exception that nobody expects. */
  public boolean wallClockBroken;

  private long tag;

  /** Other regions: set them before {@link #context(int)} is called again. */
  public List<String> regions = List.of();

  public final DispatchContext context = context(0);

  /** Published to the broker; confirmed when the test completes it. */
  public final List<Published> published = new ArrayList<>();

  /** Where events are published; null for nowhere. Set it before {@link #context}. */
  public EventPublisher.@Nullable Target exchange;

  /** An item on its way to the broker. */
  public record Published(QueueName to, byte[] item, Promise<Void> confirm) {}

  /** Moved to the dead letters when the test completes it. */
  public record DeadLetter(long tag, String reason, Promise<Void> done) {}

  /** With batches of at most two items and a window of two batches. */
  public DispatchContext context(int rate) {
    return new DispatchContext(
        time.vertx(),
        new Config.Dispatch(rate, 500, 2, 2, Duration.ofSeconds(2), AWAY),
        new Config.Reactions(List.of("like"), 100, Duration.ofMillis(100), Duration.ofDays(1)),
        Duration.ofSeconds(1),
        new Partitions(1),
        cluster,
        broker(),
        store,
        new StoreHealth(time.vertx(), store, metrics),
        new DispatchRateLimiter(rate, time::now),
        new DispatchMetrics(metrics, regions),
        new ObjectStreamNames(""),
        new RegionNames("here", regions),
        BanFilter.NONE,
        new EventPublisher(
            time.vertx(), exchange, Duration.ofSeconds(10), () -> time.now() * 1_000_000, metrics),
        () -> (BEGIN_MS + time.now()) * 1_000,
        this::wallMillis,
        time::now);
  }

  private long wallMillis() {
    if (wallClockBroken) {
      throw new IllegalStateException("the clock is broken");
    }
    return BEGIN_MS + time.now();
  }

  private Broker broker() {
    return (Broker)
        Proxy.newProxyInstance(
            Broker.class.getClassLoader(),
            new Class<?>[] {Broker.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("publish")) {
                return published((QueueName) arguments[0], (byte[]) arguments[1]);
              }
              if (method.getName().equals("consume")) {
                return consume((QueueName) arguments[0], (DeliveryHandler) arguments[2]);
              }
              throw new UnsupportedOperationException(method.toString());
            });
  }

  private Future<Void> published(QueueName to, byte[] item) {
    Promise<Void> confirm = Promise.promise();
    published.add(new Published(to, item, confirm));
    return confirm.future();
  }

  private Subscription consume(QueueName queue, DeliveryHandler handler) {
    consumers.put(queue.queue(), handler);
    return new Subscription() {
      @Override
      public void ack(Delivery delivery) {
        acked.add(delivery.tag());
      }

      @Override
      public void ackThrough(Delivery delivery) {
        acked.add(delivery.tag());
      }

      @Override
      public Future<Void> deadLetter(Delivery delivery, FailureDetails failure) {
        Promise<Void> done = Promise.promise();
        deadLetters.add(new DeadLetter(delivery.tag(), failure.reason(), done));
        return done.future();
      }

      @Override
      public Future<Void> close() {
        closed.add(queue.queue());
        return Future.succeededFuture();
      }
    };
  }

  public DeliveryHandler consumer(String queue) {
    return Objects.requireNonNull(consumers.get(queue));
  }

  public Delivery comment(String stream, String id) {
    return delivery(
        "ovation.live.Comments",
        "Comment",
        CommentRequest.newBuilder()
            .setStream(stream)
            .setUser("u")
            .setText("text")
            .setId(id)
            .setAtMs(BEGIN_MS)
            .build()
            .toByteString());
  }

  public Delivery delivery(String service, String method, ByteString payload) {
    return new Delivery(
        QueueItem.newBuilder()
            .setService(service)
            .setMethod(method)
            .setPayload(payload)
            .build()
            .toByteArray(),
        false,
        ++tag,
        1);
  }

  public Delivery poison() {
    return new Delivery(new byte[] {1, 2, 3}, false, ++tag, 1);
  }

  public static Delivery redelivered(Delivery first) {
    return new Delivery(first.body(), true, first.tag(), first.generation());
  }

  /** A counter's or gauge's value, by its name in the scrape. */
  public double metric(String name) {
    return metrics
        .scrape()
        .lines()
        .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }
}
