package io.ovation.supervise;

import io.ovation.async.Backoff;
import io.ovation.cluster.Cluster;
import io.ovation.wire.Addresses;
import io.ovation.wire.proto.Register;
import io.ovation.wire.proto.Registered;
import io.ovation.wire.proto.StateUpdate;
import io.ovation.wire.proto.Unregister;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one partition's streams registered: in the distributed map, and with the partition's owner.
 * One step runs at a time; changes that arrive meanwhile are part of the next. Steps are retried
 * without end, since viewers wait and an owner will be assigned. If the map does not answer, the
 * owner is asked all the same and the map is written later; until then a new owner learns of these
 * streams from this node only.
 */
final class RegistrationClient {
  private static final Logger log = LoggerFactory.getLogger(RegistrationClient.class);
  private static final long TIMEOUT_MS = 2_000;
  private static final Backoff PAUSE =
      new Backoff(Duration.ofMillis(40), 2, Duration.ofMillis(750), 0.3);

  /** Streams per message, so that no message grows without bound. */
  private static final int CHUNK = 2_000;

  /** The partition's streams on this node. */
  interface Streams {
    Collection<String> names();

    /** The owner routes the stream here and has sent everything up to {@code last} before. */
    void registered(String stream, long last);

    void state(StateUpdate state);
  }

  private enum Phase {
    IDLE,
    IN_PROGRESS,
    BACKING_OFF
  }

  private final SupervisorContext context;
  private final Cluster cluster;
  private final int partition;
  private final Streams streams;
  private final Set<String> adding = new LinkedHashSet<>();
  private final Set<String> removing = new LinkedHashSet<>();

  /** Streams that are registered with the owner but not yet in the map. */
  private final Set<String> unwritten = new LinkedHashSet<>();

  /** The owner that the streams are registered with. */
  private @Nullable String owner;

  /** The partition's highest epoch that this node has heard of. */
  private long epoch;

  private @Nullable Promise<Void> idle;

  /** Whether the next step registers all streams, as a list that replaces what the owner has. */
  private boolean registerAll;

  private Phase phase = Phase.IDLE;
  private long steps;
  private int failures;

  RegistrationClient(SupervisorContext context, int partition, Streams streams) {
    this.context = context;
    this.cluster = context.cluster();
    this.partition = partition;
    this.streams = streams;
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

  long epoch() {
    return epoch;
  }

  void epoch(long heardOf) {
    epoch = heardOf;
  }

  /** Registers all streams again, if there are any: the owner may not know of this node. */
  void resync() {
    if (!streams.names().isEmpty()) {
      registerAll();
    }
  }

  /** Sends the owner the list of all streams, even if it is empty: the owner waits for it. */
  void registerAll() {
    registerAll = true;
    next();
  }

  void membersChanged() {
    String now = context.assignment().of(partition);
    if (now == null) {
      // The next owner may have forgotten this node, even if it is the same.
      owner = null;
    } else if (!now.equals(owner)) {
      resync();
    }
    failures = 0;
    next();
  }

  /** Completes when nothing is left to do. */
  Future<Void> whenIdle() {
    Promise<Void> promise = Promise.promise();
    idle = promise;
    next();
    return promise.future();
  }

  /** Whether owner and node agree, as far as this node knows. */
  boolean settled() {
    return phase == Phase.IDLE && !registerAll && adding.isEmpty() && removing.isEmpty();
  }

  /** The number of steps begun: shows a caller whether anything happened since. */
  long steps() {
    return steps;
  }

  private void next() {
    if (phase != Phase.IDLE) {
      return;
    }
    if (registerAll || !adding.isEmpty()) {
      step(this::register);
    } else if (!removing.isEmpty()) {
      step(this::unregister);
    } else if (!unwritten.isEmpty()) {
      step(this::writeUnwritten);
    } else if (idle != null) {
      idle.tryComplete();
    }
  }

  private void step(Supplier<Future<Void>> task) {
    phase = Phase.IN_PROGRESS;
    steps++;
    guarded(task)
        .onSuccess(
            v -> {
              failures = 0;
              phase = Phase.IDLE;
              next();
            })
        .onFailure(this::retryLater);
  }

  private void retryLater(Throwable cause) {
    log.debug("partition {}: registration failed, retrying: {}", partition, cause.getMessage());
    phase = Phase.BACKING_OFF;
    context
        .vertx()
        .setTimer(
            PAUSE.pauseMs(++failures),
            t -> {
              phase = Phase.IDLE;
              next();
            });
  }

  private Future<Void> unregister() {
    List<String> names = removing.stream().limit(CHUNK).toList();
    return cluster
        .registrations()
        .remove(partition, names, cluster.self())
        .onSuccess(
            v -> {
              names.forEach(removing::remove);
              String to = context.assignment().of(partition);
              if (to != null) {
                Unregister unregister =
                    Unregister.newBuilder()
                        .setPartition(partition)
                        .setNode(cluster.self())
                        .addAllStreams(names)
                        .build();
                context.vertx().eventBus().send(Addresses.dispatch(to), unregister);
              }
            });
  }

  private Future<Void> register() {
    boolean all = registerAll;
    List<String> names = all ? List.copyOf(streams.names()) : adding.stream().limit(CHUNK).toList();
    registerAll = false;
    if (all) {
      context.meters().resyncs.increment();
    }
    return register(names, all, 0).onFailure(e -> registerAll |= all);
  }

  private Future<Void> register(List<String> names, boolean all, int page) {
    int from = page * CHUNK;
    int to = Math.min(names.size(), from + CHUNK);
    List<String> chunk = names.subList(from, to);
    boolean more = to < names.size();
    return write(chunk)
        .onFailure(e -> unwritten.addAll(chunk))
        .otherwiseEmpty()
        .compose(v -> ask(chunk, all, page, more))
        .compose(
            answer -> {
              answered(chunk, answer);
              return more && !answer.getSuspended()
                  ? register(names, all, page + 1)
                  : Future.succeededFuture();
            });
  }

  private Future<Void> write(List<String> names) {
    return guarded(() -> cluster.registrations().add(partition, names, cluster.self()));
  }

  private Future<Void> writeUnwritten() {
    List<String> names = unwritten.stream().limit(CHUNK).toList();
    return write(names).onSuccess(v -> names.forEach(unwritten::remove));
  }

  private Future<Registered> ask(List<String> names, boolean all, int page, boolean more) {
    String to = context.assignment().of(partition);
    if (to == null) {
      return Future.failedFuture("no dispatcher is in the cluster");
    }
    Register register =
        Register.newBuilder()
            .setPartition(partition)
            .setNode(cluster.self())
            .addAllStreams(names)
            .setAll(all)
            .setPage(page)
            .setMore(more)
            .setEpoch(epoch)
            .build();
    return context
        .<Registered>request(Addresses.dispatch(to), register, TIMEOUT_MS)
        .onSuccess(answer -> owner = to);
  }

  private void answered(List<String> names, Registered answer) {
    if (answer.getSuspended()) {
      registerAll = true;
      return;
    }
    answer.getStatesList().forEach(streams::state);
    for (int i = 0; i < names.size(); i++) {
      adding.remove(names.get(i));
      streams.registered(names.get(i), answer.getLast(i));
    }
  }

  /** Hazelcast throws instead of failing a future while it merges. */
  private static Future<Void> guarded(Supplier<Future<Void>> task) {
    return Future.succeededFuture().compose(v -> task.get());
  }
}
