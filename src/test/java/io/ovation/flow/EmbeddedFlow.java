package io.ovation.flow;

import io.ovation.config.Config;
import io.ovation.disk.Disk;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.embedded.EmbeddedBroker;
import io.ovation.store.Store;
import io.ovation.store.embedded.EmbeddedStore;
import io.ovation.testkit.DispatchAndSupervise;
import io.ovation.testkit.RecordingShard;
import io.ovation.testkit.RecordingShard.Opened;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.UnaryOperator;

/** A dispatcher and a supervisor on the local disk. */
final class EmbeddedFlow implements AutoCloseable {
  final Broker broker;

  /** The embedded one, whatever {@link #core} sees of it. */
  final Store store;

  final DispatchAndSupervise core;
  private final Disk disk;

  /**
   * @param kept events of history per stream
   * @param seen what {@link #core} sees of the store
   */
  EmbeddedFlow(Path dir, int kept, UnaryOperator<Store> seen) {
    Vertx vertx = Vertx.vertx();
    Metrics metrics = new Metrics();
    Config.Data data = new Config.Data(dir.toString(), 10_000);
    disk = new Disk(vertx, data, metrics);
    broker = new EmbeddedBroker(vertx, disk, data, metrics);
    store =
        EmbeddedStore.open(
            vertx, disk, new Config.History(kept, 1 << 22, Duration.ofHours(1)), metrics);
    core = new DispatchAndSupervise(vertx, broker, seen.apply(store));
  }

  /** A shard that has the stream open. */
  RecordingShard open(String stream) {
    RecordingShard shard = new RecordingShard();
    core.subscriptions().subscribe(stream, shard);
    shard.await(s -> !s.all(Opened.class).isEmpty());
    return shard;
  }

  @Override
  public void close() {
    core.close();
    disk.close();
  }
}
