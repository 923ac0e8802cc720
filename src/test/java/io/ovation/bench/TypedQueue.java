package io.ovation.bench;

import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.Partitions;
import io.ovation.queue.typed.ItemMetadata;
import io.ovation.queue.typed.consumer.ConsumerOptions;
import io.ovation.queue.typed.consumer.QueueConsumer;
import io.ovation.shapes.Errand;
import io.ovation.shapes.WalksHandler;
import io.ovation.shapes.WalksProducer;
import io.ovation.shapes.WalksQueue;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Our typed queue as its users have it: generated producer and handler, one partition. */
final class TypedQueue {
  private final Vertx vertx;
  private final Broker broker;

  TypedQueue(Vertx vertx, Broker broker) {
    this.vertx = vertx;
    this.broker = broker;
  }

  /** Confirmed enqueues per second. */
  double publish() throws Exception {
    var contract = WalksQueue.contract();
    await(broker.declare(contract.queue(), contract.lanes(), 1));
    WalksProducer producer =
        new WalksProducer(broker, new Partitions(1), Clock.systemUTC(), new Metrics());
    Errand errand = Errand.newBuilder().setId("e".repeat(Bench.SIZE - 60)).build();
    Semaphore window = new Semaphore(Bench.WINDOW);
    AtomicLong confirmed = new AtomicLong();
    Rate rate = new Rate(confirmed);
    while (!rate.over()) {
      window.acquire();
      producer
          .enqueueWalk(errand)
          .onComplete(
              done -> {
                window.release();
                if (done.succeeded()) {
                  confirmed.incrementAndGet();
                }
              });
    }
    window.acquire(Bench.WINDOW);
    return rate.perSecond();
  }

  /** Items handled and acked per second while the queue is drained. */
  double consume() throws Exception {
    AtomicLong handled = new AtomicLong();
    WalksHandler handler =
        (Errand request, ItemMetadata meta) -> {
          handled.incrementAndGet();
          return Future.succeededFuture();
        };
    Context context = vertx.getOrCreateContext();
    var options = new ConsumerOptions(Bench.WINDOW, Bench.WINDOW, Duration.ofSeconds(10));
    CompletableFuture<QueueConsumer> made = new CompletableFuture<>();
    context.runOnContext(
        v -> {
          QueueConsumer consumer =
              new QueueConsumer(
                  vertx,
                  broker,
                  WalksQueue.register(handler),
                  options,
                  Clock.systemUTC(),
                  new Metrics());
          consumer.own(Set.of(0));
          made.complete(consumer);
        });
    QueueConsumer consumer = made.get(30, TimeUnit.SECONDS);
    List<Integer> perSecond = new ArrayList<>();
    long before = 0;
    do {
      TimeUnit.SECONDS.sleep(1);
      long now = handled.get();
      perSecond.add((int) (now - before));
      before = now;
    } while (perSecond.size() < 3 || perSecond.get(perSecond.size() - 1) > 0);
    CompletableFuture<Void> stopped = new CompletableFuture<>();
    context.runOnContext(v -> consumer.stop().onComplete(done -> stopped.complete(null)));
    stopped.get(60, TimeUnit.SECONDS);
    return Bench.drained(perSecond);
  }

  private static void await(Future<?> future) throws Exception {
    future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  /** Counts between the end of the warm-up and the end. */
  private static final class Rate {
    private final AtomicLong count;
    private final long begun = System.nanoTime();
    private long from = -1;
    private long fromNanos;
    private double perSecond;

    Rate(AtomicLong count) {
      this.count = count;
    }

    boolean over() {
      long now = System.nanoTime();
      if (from < 0 && now - begun >= TimeUnit.SECONDS.toNanos(Bench.WARM_SECONDS)) {
        from = count.get();
        fromNanos = now;
      }
      boolean over =
          now - begun >= TimeUnit.SECONDS.toNanos(Bench.WARM_SECONDS + Bench.MEASURED_SECONDS);
      if (over && perSecond == 0) {
        perSecond = (count.get() - from) * 1e9 / (now - fromNanos);
      }
      return over;
    }

    double perSecond() {
      return perSecond;
    }
  }
}
