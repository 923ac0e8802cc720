package io.ovation.queue.typed;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.async.Backoff;
import io.ovation.metrics.Metrics;
import io.ovation.protoc.Protoc;
import io.ovation.queue.Broker;
import io.ovation.queue.DeadLetter;
import io.ovation.queue.DeadLetters;
import io.ovation.queue.Lane;
import io.ovation.queue.Partitions;
import io.ovation.queue.QueueName;
import io.ovation.queue.proto.QueueItem;
import io.ovation.queue.typed.consumer.ConsumerOptions;
import io.ovation.queue.typed.consumer.QueueConsumer;
import io.ovation.shapes.Errand;
import io.ovation.shapes.ErrandsHandler;
import io.ovation.shapes.ErrandsProducer;
import io.ovation.shapes.ErrandsQueue;
import io.ovation.shapes.RidesProducer;
import io.ovation.shapes.RidesQueue;
import io.ovation.shapes.WalksProducer;
import io.ovation.shapes.WalksQueue;
import io.ovation.testkit.Await;
import io.ovation.testkit.FutureResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What users of typed queues may rely on with any broker: the real consumer and producer on a real
 * broker. Queues may hold items that an earlier test left, so each test recognises its items by
 * their ids.
 */
@SuppressWarnings("NullAway.Init") // start comes first.
abstract class TypedQueueContract {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final QueueName NORMAL = new QueueName("errands", Lane.NORMAL, 0);
  private static final Policy QUICK =
      new Policy(
          3,
          new Backoff(Duration.ofSeconds(1), 1, Duration.ofSeconds(1), 0),
          Duration.ofSeconds(30),
          Duration.ZERO);

  /** An attempt at an item of this test. */
  record Seen(String id, String method, ItemMetadata meta, long atMs) {}

  private final String run = UUID.randomUUID() + "-";
  private final Vertx vertx = Vertx.vertx();
  private final Context context = vertx.getOrCreateContext();
  private final List<Seen> seen = new CopyOnWriteArrayList<>();
  private final Map<String, Function<ItemMetadata, Future<Void>>> answers =
      new ConcurrentHashMap<>();
  private Broker broker;
  private ErrandsProducer producer;
  private QueueConsumer consumer;

  abstract Broker open(Vertx vertx, Path dir);

  @BeforeEach
  void start(@TempDir Path dir) {
    broker = open(vertx, dir);
    for (Contract contract :
        List.of(ErrandsQueue.contract(), WalksQueue.contract(), RidesQueue.contract())) {
      FutureResult.of(broker.declare(contract.queue(), contract.lanes(), 1));
    }
    producer =
        new ErrandsProducer(
            broker,
            new Partitions(1),
            InstantSource.system(),
            new Metrics(),
            List.of(new Tracing()));
    consumer = consume(List.of(ErrandsQueue.register(new Errands())));
  }

  @AfterEach
  void stop() {
    onContext(() -> consumer.stop());
    FutureResult.of(broker.close());
    FutureResult.of(vertx.close());
  }

  private final class Errands implements ErrandsHandler {
    @Override
    public Future<Void> run(Errand request, ItemMetadata meta) {
      return handle("Run", meta);
    }

    @Override
    public Future<Void> haul(Errand request, ItemMetadata meta) {
      return handle("Haul", meta);
    }

    @Override
    public Future<Void> dash(Errand request, ItemMetadata meta) {
      return handle("Dash", meta);
    }
  }

  private Future<Void> handle(String method, ItemMetadata meta) {
    if (!meta.id().startsWith(run)) {
      return Future.succeededFuture();
    }
    String id = meta.id().substring(run.length());
    seen.add(new Seen(id, method, meta, System.currentTimeMillis()));
    return answers.getOrDefault(id, m -> Future.succeededFuture()).apply(meta);
  }

  private QueueConsumer consume(List<HandlerRegistration> registrations) {
    return onContext(
        () -> {
          QueueConsumer made =
              new QueueConsumer(
                  vertx,
                  broker,
                  registrations,
                  List.of(new Tracing()),
                  new ConsumerOptions(4, 50, Duration.ofSeconds(10)),
                  InstantSource.system(),
                  new Metrics());
          return made.own(Set.of(0)).map(made);
        });
  }

  private <T> T onContext(Supplier<Future<T>> action) {
    Promise<T> done = Promise.promise();
    context.runOnContext(v -> action.get().onComplete(done));
    return FutureResult.of(done.future());
  }

  private Errand errand(String id) {
    return Errand.newBuilder().setId(run + id).build();
  }

  private void awaitAttempts(String id, int count) {
    Await.until(() -> count + " of " + id + " in " + seen, PATIENCE, () -> of(id).size() >= count);
  }

  private List<Seen> of(String id) {
    return seen.stream().filter(one -> one.id.equals(id)).toList();
  }

  /** The first dead letter whose reason has these words. */
  private DeadLetter awaitDead(String words) {
    DeadLetter[] found = new DeadLetter[1];
    Await.until(
        "a dead letter: " + words,
        PATIENCE,
        () -> {
          DeadLetters.Page page = FutureResult.of(broker.deadLetters("errands").list(null, 100));
          found[0] =
              page.letters().stream()
                  .filter(letter -> letter.reason().contains(words))
                  .reduce((older, newer) -> newer)
                  .orElse(null);
          return found[0] != null;
        });
    return Objects.requireNonNull(found[0]);
  }

  @Test
  void eachItemReachesItsMethodsHandlerOnceAndLeavesTheQueue() {
    FutureResult.of(producer.enqueueRun(errand("r")));
    FutureResult.of(producer.enqueueDash(errand("d"), EnqueueOptions.none().withId(run + "d")));
    FutureResult.of(producer.enqueueHaul(errand("h")));

    awaitAttempts("r", 1);
    awaitAttempts("d", 1);
    awaitAttempts("h", 1);
    assertThat(seen).extracting(Seen::method).containsExactlyInAnyOrder("Run", "Dash", "Haul");
    Await.until("acked", PATIENCE, () -> FutureResult.of(broker.depth(NORMAL)) == 0);
  }

  @Test
  void workOfALeavingWorkerGoesToTheNext() {
    Promise<Void> never = Promise.promise();
    answers.put("w", meta -> of("w").size() == 1 ? never.future() : Future.succeededFuture());
    FutureResult.of(producer.enqueueHaul(errand("w")));
    awaitAttempts("w", 1);

    onContext(() -> consumer.own(Set.of()));
    onContext(() -> consumer.own(Set.of(0)));

    awaitAttempts("w", 2);
    never.complete();
    Await.until("acked", PATIENCE, () -> FutureResult.of(broker.depth(NORMAL)) == 0);
  }

  @Test
  void poisonIsDeadLetteredWithTheReasonAndTheConsumerGoesOn() {
    QueueItem good =
        QueueItem.newBuilder()
            .setService("shapes.Errands")
            .setMethod("Haul")
            .setId(run + "good")
            .build();
    FutureResult.of(broker.publish(NORMAL, "no item".getBytes(StandardCharsets.UTF_8)));
    FutureResult.of(
        broker.publish(NORMAL, good.toBuilder().setService(run + "S").build().toByteArray()));
    FutureResult.of(
        broker.publish(NORMAL, good.toBuilder().setMethod(run + "M").build().toByteArray()));
    answers.put(
        "throws",
        meta -> {
          throw new IllegalStateException("thrown by " + run);
        });
    FutureResult.of(
        producer.enqueueHaul(errand("throws"), EnqueueOptions.none().withMaxAttempts(1)));
    FutureResult.of(broker.publish(NORMAL, good.toByteArray()));

    awaitAttempts("good", 1);
    assertThat(awaitDead("corrupt_envelope").body())
        .isEqualTo("no item".getBytes(StandardCharsets.UTF_8));
    awaitDead("service \"" + run + "S\" is not served here");
    awaitDead("no method \"" + run + "M\" here");
    assertThat(awaitDead("thrown by " + run).stack()).contains("TypedQueueContract");
  }

  @Test
  void failedItemComesBackAfterItsPauseUntilItsAttemptsAreUsedUp() {
    answers.put("f", meta -> Future.failedFuture(new IllegalStateException("f of " + run)));
    long before = System.currentTimeMillis();
    FutureResult.of(
        producer.enqueueHaul(
            errand("f"), EnqueueOptions.none().withMaxAttempts(3).withBackoff(QUICK.backoff())));

    DeadLetter dead = awaitDead("f of " + run);

    assertThat(dead.attempts()).isEqualTo(3);
    assertThat(dead.reason()).startsWith("failed 3 times");
    assertThat(dead.firstMs()).isBetween(before, System.currentTimeMillis());
    assertThat(dead.lastMs()).isGreaterThanOrEqualTo(dead.firstMs() + 2_000);
    assertThat(of("f")).extracting(one -> one.meta.attempt()).containsExactly(0, 1, 2);
    assertThat(of("f").get(1).atMs - of("f").get(0).atMs).isGreaterThanOrEqualTo(1_000);
  }

  @Test
  void deadLetterSentBackIsHandledAsIfNew() {
    answers.put(
        "b",
        meta ->
            of("b").size() == 1
                ? Future.failedFuture(new IllegalStateException("b of " + run))
                : Future.succeededFuture());
    FutureResult.of(
        producer.enqueueHaul(
            errand("b"), EnqueueOptions.none().withMaxAttempts(1).withTtl(Duration.ofDays(1))));
    DeadLetter dead = awaitDead("b of " + run);

    assertThat(
            FutureResult.of(
                broker
                    .deadLetters("errands")
                    .sendBack(
                        dead.id(), body -> Envelope.renewed(body, System.currentTimeMillis()))))
        .isTrue();

    awaitAttempts("b", 2);
    assertThat(of("b").get(1).meta.attempt()).isZero();
  }

  @Test
  void optionsOfACallTakeEffect() {
    long before = System.currentTimeMillis();
    // The delay is the broker's matter: a producer's clock that is a day ahead has no effect.
    InstantSource ahead = () -> InstantSource.system().instant().plus(Duration.ofHours(25));
    FutureResult.of(
        new ErrandsProducer(broker, new Partitions(1), ahead, new Metrics(), List.of())
            .enqueueHaul(
                errand("own"),
                EnqueueOptions.none()
                    .withId(run + "late")
                    .withLane(Lane.HIGH)
                    .withDelay(Duration.ofMillis(1_500))
                    .withHeader("color", "red")));

    awaitAttempts("late", 1);
    Seen late = of("late").get(0);
    assertThat(late.atMs - before).isGreaterThanOrEqualTo(1_500);
    assertThat(late.meta.headers()).containsEntry("color", "red");
    assertThat(of("own")).isEmpty();
  }

  @Test
  void attemptThatTakesLongerThanItsItemAllowsHasFailed() {
    answers.put("slow", meta -> Promise.<Void>promise().future());
    FutureResult.of(
        producer.enqueueHaul(
            errand("slow"),
            EnqueueOptions.none()
                .withId(run + "slow")
                .withMaxAttempts(1)
                .withTimeout(Duration.ofMillis(77))));

    assertThat(awaitDead("did not complete in 77 ms").attempts()).isEqualTo(1);
  }

  @Test
  void stopDrainsWhatRunsAndLeavesTheRest() {
    Promise<Void> running = Promise.promise();
    answers.put("s", meta -> running.future());
    FutureResult.of(producer.enqueueHaul(errand("s")));
    awaitAttempts("s", 1);
    Promise<Void> stopped = Promise.promise();
    context.runOnContext(v -> consumer.stop().onComplete(stopped));
    FutureResult.of(producer.enqueueHaul(errand("t")));
    assertThat(stopped.future().isComplete()).isFalse();

    running.complete();
    FutureResult.of(stopped.future());
    assertThat(of("t")).isEmpty();

    consumer = consume(List.of(ErrandsQueue.register(new Errands())));
    awaitAttempts("t", 1);
    assertThat(of("s")).hasSize(1);
  }

  @Test
  void traceOfTheCallerReachesTheHandler() {
    String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    FutureResult.of(
        producer.enqueueHaul(
            errand("traced"),
            EnqueueOptions.none()
                .withHeader("traceparent", "00-" + trace + "-00f067aa0ba902b7-01")));

    awaitAttempts("traced", 1);
    assertThat(of("traced").get(0).meta.headers().get("traceparent"))
        .startsWith("00-" + trace + "-")
        .doesNotContain("00f067aa0ba902b7");
  }

  @Test
  void servicesOfOneQueueAndQueuesOfOneProcessAreAllServed() {
    QueueConsumer outdoors =
        consume(
            List.of(
                WalksQueue.register((request, meta) -> handle("Walk", meta)),
                RidesQueue.register((request, meta) -> handle("Ride", meta))));
    Partitions one = new Partitions(1);
    EnqueueOptions none = EnqueueOptions.none();
    FutureResult.of(
        new WalksProducer(broker, one, InstantSource.system(), new Metrics())
            .enqueueWalk(errand("walk"), none.withId(run + "walk")));
    FutureResult.of(
        new RidesProducer(broker, one, InstantSource.system(), new Metrics())
            .enqueueRide(errand("ride"), none.withId(run + "ride").withLane(Lane.LOW)));
    FutureResult.of(producer.enqueueHaul(errand("haul")));

    awaitAttempts("walk", 1);
    awaitAttempts("ride", 1);
    awaitAttempts("haul", 1);
    assertThat(seen).extracting(Seen::method).containsExactlyInAnyOrder("Walk", "Ride", "Haul");
    onContext(outdoors::stop);
  }

  @Test
  void itemThatProtocEncodedIsHandled() {
    String text =
        "service: 'shapes.Errands' method: 'Haul' payload: '\\n\\001x' id: '%sp' attempt: 1"
            .formatted(run);
    byte[] encoded =
        Protoc.run(
                Map.of(),
                text.getBytes(StandardCharsets.UTF_8),
                "--encode=ovation.queue.QueueItem",
                "-I" + Protoc.PROTOS,
                "ovation/queue/item.proto")
            .out();

    FutureResult.of(broker.publish(NORMAL, encoded));

    awaitAttempts("p", 1);
    assertThat(of("p").get(0).meta.attempt()).isEqualTo(1);
  }
}
