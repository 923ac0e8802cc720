package io.ovation.packages;

import io.ovation.metrics.Metrics;
import io.ovation.packages.PackageService.Accepted;
import io.ovation.queue.Broker;
import io.ovation.queue.Lane;
import io.ovation.queue.rabbit.RabbitBroker;
import io.ovation.store.Store;
import io.ovation.store.redis.RedisStore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A process that submits packages, works on them, and ends at a crash point. It prints a line for
 * each package that was accepted, and leaves with 0 if all of them were done without a crash.
 */
public final class CrashingCoordinator {
  static final int PACKAGES = 12;

  /** In place of RabbitMQ's URI; the directory of the data is then in place of Redis's. */
  static final String EMBEDDED = "embedded";

  private CrashingCoordinator() {}

  /**
   * @param args URI of RabbitMQ or {@link #EMBEDDED}, URI of Redis or a directory, the packages'
   *     type, step, when, nth
   */
  public static void main(String[] args) {
    CrashPoint point = CrashPoint.of(args[3], args[4], Integer.parseInt(args[5]));
    PackageFixture plant =
        new PackageFixture(
            args[0].equals(EMBEDDED)
                ? embedded(Path.of(args[1]), point)
                : servers(args[0], args[1], point),
            PackageFixture.crashing());
    PackageService intake = plant.intake(new Metrics());
    ScriptedHandler worked = worker(args[2], plant.store, point);
    List<Future<Accepted>> submitted =
        ids(args[2]).stream()
            .map(
                id ->
                    intake
                        .submit(PackageSubmission.of(id, args[2], Lane.NORMAL, Map.of()), "")
                        .onSuccess(accepted -> System.out.println("accepted " + id)))
            .toList();
    plant.worker(worked);
    PackageFixture.await(Future.all(submitted));
    ids(args[2]).forEach(id -> awaitDone(plant, id));
    System.exit(0);
  }

  static List<String> ids(String type) {
    return java.util.stream.IntStream.range(0, PACKAGES).mapToObj(i -> type + "-" + i).toList();
  }

  /** Fails the first attempt of every third package; its effect is a fact of the store by id. */
  static ScriptedHandler worker(String type, Store store, CrashPoint point) {
    return new ScriptedHandler(
        type,
        job ->
            point.around(
                "handler",
                () ->
                    job.attempt() == 1 && job.id().hashCode() % 3 == 0
                        ? Future.failedFuture("once")
                        : store.setOnce(effect(job.id()), "done").mapEmpty()));
  }

  static String effect(String id) {
    return "effect:" + id;
  }

  static void awaitDone(PackageFixture plant, String id) {
    io.ovation.testkit.Await.until(
        () -> id + " to be done, now " + PackageFixture.await(plant.book.read(id)),
        PackageFixture.LIMIT,
        () ->
            PackageFixture.await(plant.book.read(id))
                .filter(entry -> entry.state().status() == PackageState.Status.DONE)
                .isPresent());
  }

  private static PackageFixture.Ground embedded(Path data, CrashPoint point) {
    EmbeddedBackends backends = new EmbeddedBackends(data);
    return new PackageFixture.Ground() {
      @Override
      public Broker broker(Vertx vertx) {
        return point.wrap(backends.broker(vertx));
      }

      @Override
      public Store store(Vertx vertx) {
        return point.wrap(backends.store(vertx));
      }
    };
  }

  private static PackageFixture.Ground servers(String rabbit, String redis, CrashPoint point) {
    return new PackageFixture.Ground() {
      @Override
      public Broker broker(Vertx vertx) {
        return point.wrap(
            PackageFixture.await(
                RabbitBroker.connect(
                    vertx, RabbitPackagesIT.rabbitmq(rabbit), new Metrics(), failure -> {})));
      }

      @Override
      public Store store(Vertx vertx) {
        return point.wrap(
            PackageFixture.await(
                RedisStore.connect(
                    vertx,
                    RabbitPackagesIT.redis(redis),
                    RabbitPackagesIT.history(),
                    new Metrics(),
                    failure -> {})));
      }
    };
  }
}
