package io.ovation.supervise;

import io.ovation.cluster.Cluster;
import io.ovation.cluster.PartitionAssignment;
import io.ovation.wire.Addresses;
import io.ovation.wire.proto.Register;
import io.ovation.wire.proto.Registered;
import io.ovation.wire.proto.State;
import io.ovation.wire.proto.Unregister;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one partition's streams registered: in the distributed map, then with the partition's
 * owner. One step at a time; what comes up meanwhile goes with the next. It tries until it succeeds
 * or nothing is left to register: viewers are waiting, and an owner will come. They do not wait for
 * a map that does not answer: it is written later, and until then a new owner learns from this node
 * what is here.
 */
final class RegistrationClient {
  private static final Logger log = LoggerFactory.getLogger(RegistrationClient.class);
  private static final long ASK_TIMEOUT_MS = 2_000;
  private static final long RETRY_MIN_MS = 50;
  private static final long RETRY_MAX_MS = 1_000;

  /** Streams per message, so that no message grows without bound. */
  private static final int CHUNK = 2_000;

  /** What the table does with an owner's answer. */
  interface Answers {
    void registered(String stream, long last);

    void state(State state);

    /** All streams of the partition that have viewers here. */
    Collection<String> all();
  }

  private final Vertx vertx;
  private final Cluster cluster;
  private final PartitionAssignment assignment;
  private final int partition;
  private final Answers answers;
  private final SupervisorMetrics meters;
  private final Set<String> adding = new LinkedHashSet<>();
  private final Set<String> removing = new LinkedHashSet<>();

  /** Streams that the map did not take in time; the owner knows them. */
  private final Set<String> unwritten = new LinkedHashSet<>();

  /** Whom the streams are registered with. */
  private @Nullable String owner;

  private @Nullable Promise<Void> quiet;
  private boolean resync;
  private boolean busy;
  private boolean waiting;
  private long steps;
  private long retryMs = RETRY_MIN_MS;

  RegistrationClient(
      Vertx vertx,
      Cluster cluster,
      PartitionAssignment assignment,
      int partition,
      Answers answers,
      SupervisorMetrics meters) {
    this.vertx = vertx;
    this.cluster = cluster;
    this.assignment = assignment;
    this.partition = partition;
    this.answers = answers;
    this.meters = meters;
  }

  void add(String stream) {
    removing.remove(stream);
    adding.add(stream);
    next();
  }

  void remove(String stream) {
    adding.remove(stream);
    unwritten.remove(stream);
    removing.add(stream);
    next();
  }

  /** Registers everything anew: the owner has changed or lost track of this node. */
  void resync() {
    if (!answers.all().isEmpty()) {
      resync = true;
      next();
    }
  }

  /** Registers everything anew, be it nothing: the owner awaits a list of all. */
  void suspended() {
    resync = true;
    next();
  }

  /** To be called when the cluster's members changed. */
  void membersChanged() {
    String now = assignment.of(partition);
    if (now == null) {
      // Whoever comes, be it the same, may have forgotten this node.
      owner = null;
    } else if (!now.equals(owner)) {
      resync();
    }
    retryMs = RETRY_MIN_MS;
    next();
  }

  /** Done when there is nothing more to say. */
  Future<Void> quiet() {
    Promise<Void> promise = Promise.promise();
    quiet = promise;
    next();
    return promise.future();
  }

  /** Whether nothing is under way: the owner should know just what is here. */
  boolean settled() {
    return !busy && !waiting && !resync && adding.isEmpty() && removing.isEmpty();
  }

  /** Counts what was begun, so that a caller can tell whether anything was since. */
  long steps() {
    return steps;
  }

  private void next() {
    if (busy || waiting) {
      return;
    }
    if (resync || !adding.isEmpty()) {
      step(this::register);
    } else if (!removing.isEmpty()) {
      step(this::unregister);
    } else if (!unwritten.isEmpty()) {
      step(this::writeAgain);
    } else if (quiet != null) {
      quiet.tryComplete();
    }
  }

  private void step(Supplier<Future<Void>> task) {
    busy = true;
    steps++;
    Future.succeededFuture()
        .compose(v -> task.get())
        .onComplete(
            done -> {
              busy = false;
              if (done.succeeded()) {
                retryMs = RETRY_MIN_MS;
                next();
              } else {
                log.debug("partition {}: {}", partition, done.cause().getMessage());
                retryLater();
              }
            });
  }

  private void retryLater() {
    waiting = true;
    long wait = retryMs / 2 + ThreadLocalRandom.current().nextLong(retryMs / 2 + 1);
    retryMs = Math.min(RETRY_MAX_MS, retryMs * 2);
    vertx.setTimer(
        Math.max(1, wait),
        t -> {
          waiting = false;
          next();
        });
  }

  private Future<Void> unregister() {
    List<String> streams = removing.stream().limit(CHUNK).toList();
    return cluster
        .registrations()
        .remove(partition, streams, cluster.self())
        .onSuccess(
            v -> {
              streams.forEach(removing::remove);
              String to = assignment.of(partition);
              if (to != null) {
                vertx
                    .eventBus()
                    .send(
                        Addresses.dispatch(to),
                        Unregister.newBuilder()
                            .setPartition(partition)
                            .setNode(cluster.self())
                            .addAllStreams(streams)
                            .build());
              }
            });
  }

  private Future<Void> register() {
    boolean all = resync;
    List<String> streams = all ? List.copyOf(answers.all()) : adding.stream().limit(CHUNK).toList();
    resync = false;
    return write(streams)
        .recover(
            e -> {
              unwritten.addAll(streams);
              return Future.succeededFuture();
            })
        .compose(v -> ask(streams, all))
        .onFailure(e -> resync |= all)
        .compose(answer -> taken(streams, answer));
  }

  /** Compose, since Hazelcast throws at once while it merges. */
  private Future<Void> write(List<String> streams) {
    return Future.succeededFuture()
        .compose(v -> cluster.registrations().add(partition, streams, cluster.self()));
  }

  private Future<Void> writeAgain() {
    List<String> streams = unwritten.stream().limit(CHUNK).toList();
    return write(streams).onSuccess(v -> streams.forEach(unwritten::remove));
  }

  private Future<Registered> ask(List<String> streams, boolean all) {
    String to = assignment.of(partition);
    if (to == null) {
      return Future.failedFuture("no dispatcher is in the cluster");
    }
    if (all) {
      meters.resyncs.increment();
    }
    Register register =
        Register.newBuilder()
            .setPartition(partition)
            .setNode(cluster.self())
            .addAllStreams(streams)
            .setAll(all)
            .build();
    return vertx
        .eventBus()
        .<Registered>request(
            Addresses.dispatch(to), register, new DeliveryOptions().setSendTimeout(ASK_TIMEOUT_MS))
        .map(Message::body)
        .onSuccess(answer -> owner = to);
  }

  private Future<Void> taken(List<String> streams, Registered answer) {
    if (answer.getSuspended()) {
      resync = true;
      return Future.succeededFuture();
    }
    answer.getStatesList().forEach(answers::state);
    for (int i = 0; i < streams.size(); i++) {
      adding.remove(streams.get(i));
      answers.registered(streams.get(i), answer.getLast(i));
    }
    return Future.succeededFuture();
  }
}
