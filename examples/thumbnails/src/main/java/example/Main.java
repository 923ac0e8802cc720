package example;

import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.Brokers;
import io.ovation.queue.Partitions;
import io.ovation.queue.typed.consumer.ConsumerOptions;
import io.ovation.queue.typed.ItemMetadata;
import io.ovation.queue.typed.consumer.QueueConsumer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VerticleBase;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Producer and handler of one queue in one process: on RabbitMQ when RABBITMQ_URI is set, else in
 * the directory target/data. One image is corrupt: it ends as a dead letter.
 */
public final class Main {
  private static final Partitions PARTITIONS = new Partitions(1);
  private static final int IMAGES = 10;

  private Main() {}

  public static void main(String[] args) throws Exception {
    Vertx vertx = Vertx.vertx();
    Metrics metrics = new Metrics();
    Broker broker = await(open(vertx, metrics));
    await(broker.declare(ThumbnailsQueue.contract().queue(), ThumbnailsQueue.contract().lanes(), 1));
    Resizer resizer = new Resizer();
    String worker = await(vertx.deployVerticle(new Worker(broker, resizer, metrics)));

    ThumbnailsProducer producer =
        new ThumbnailsProducer(broker, PARTITIONS, Clock.systemUTC(), metrics);
    List<Future<String>> durable = new ArrayList<>();
    for (int i = 1; i <= IMAGES; i++) {
      durable.add(
          producer.enqueueResize(
              ResizeRequest.newBuilder().setImage("image-" + i + ".png").setWidth(200).build()));
    }
    await(Future.all(durable));
    System.out.println(IMAGES + " images are durable in the queue");

    await(resizer.allButOne.future());
    System.out.println((IMAGES - 1) + " images are resized");
    var letters = broker.deadLetters(ThumbnailsQueue.contract().queue());
    var page = await(letters.list(null, 10));
    while (page.letters().isEmpty()) {
      TimeUnit.MILLISECONDS.sleep(200);
      page = await(letters.list(null, 10));
    }
    page.letters().forEach(letter -> System.out.println("dead letter: " + letter.reason()));
    await(letters.purgeAll());
    await(vertx.undeploy(worker)); // It finishes what it has begun.
    await(broker.close());
    await(vertx.close());
  }

  private static Future<Broker> open(Vertx vertx, Metrics metrics) {
    String uri = System.getenv("RABBITMQ_URI");
    return uri == null
        ? Brokers.embedded(vertx, Path.of("target", "data"), metrics)
        : Brokers.rabbit(vertx, uri, metrics, Throwable::printStackTrace);
  }

  /** The handler: what it does twice must do no harm, since an item may come again after a crash. */
  private static final class Resizer implements ThumbnailsHandler {
    final Promise<Void> allButOne = Promise.promise();
    private int done;

    @Override
    public Future<Void> resize(ResizeRequest request, ItemMetadata meta) {
      if (request.getImage().equals("image-7.png")) {
        return Future.failedFuture("image-7.png is corrupt (attempt " + (meta.attempt() + 1) + ")");
      }
      done++;
      if (done == IMAGES - 1) {
        allButOne.complete();
      }
      return Future.succeededFuture();
    }
  }

  private static final class Worker extends VerticleBase {
    private final Broker broker;
    private final ThumbnailsHandler handler;
    private final Metrics metrics;
    private QueueConsumer consumer;

    Worker(Broker broker, ThumbnailsHandler handler, Metrics metrics) {
      this.broker = broker;
      this.handler = handler;
      this.metrics = metrics;
    }

    @Override
    public Future<?> start() {
      consumer =
          new QueueConsumer(
              vertx,
              broker,
              ThumbnailsQueue.register(handler),
              new ConsumerOptions(4, 100, Duration.ofSeconds(10)),
              Clock.systemUTC(),
              metrics);
      return consumer.own(Set.of(0));
    }

    @Override
    public Future<?> stop() {
      return consumer.stop();
    }
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }
}
