package io.ovation.packages;

import io.ovation.config.Config;
import io.ovation.disk.Disk;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.embedded.EmbeddedBroker;
import io.ovation.store.Store;
import io.ovation.store.embedded.EmbeddedStore;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The embedded queue and store on one file, as a lone node has them. */
public final class EmbeddedBackends implements PackageFixture.Ground, AutoCloseable {
  private final Path dir;
  private @Nullable Disk disk;

  public EmbeddedBackends(Path dir) {
    this.dir = dir;
  }

  @Override
  public Broker broker(Vertx vertx) {
    Config.Data data = new Config.Data(dir.toString(), 10_000);
    Metrics metrics = new Metrics();
    Disk opened = new Disk(vertx, data, metrics);
    disk = opened;
    return new EmbeddedBroker(vertx, opened, data, metrics);
  }

  /** After the broker. */
  @Override
  public Store store(Vertx vertx) {
    return EmbeddedStore.open(
        vertx,
        Objects.requireNonNull(disk),
        new Config.History(1_000, 1 << 22, Duration.ofHours(1)),
        new Metrics());
  }

  @Override
  public void close() {
    if (disk != null) {
      disk.close();
      disk = null;
    }
  }
}
