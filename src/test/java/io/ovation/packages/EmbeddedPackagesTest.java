package io.ovation.packages;

import io.ovation.config.Config;
import io.ovation.disk.MvDisk;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.embedded.EmbeddedBroker;
import io.ovation.store.Store;
import io.ovation.store.embedded.EmbeddedStore;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** The package coordinator on the local disk. */
class EmbeddedPackagesTest extends PackagesContract {
  @TempDir Path dir;
  private @Nullable MvDisk disk;

  @Override
  protected Plant.Ground ground() {
    return new Plant.Ground() {
      @Override
      public Broker broker(Vertx vertx) {
        Config.Data data = new Config.Data(dir.toString(), 10_000);
        Metrics metrics = new Metrics();
        MvDisk opened = new MvDisk(vertx, data, metrics);
        disk = opened;
        return new EmbeddedBroker(vertx, opened, data, metrics);
      }

      @Override
      public Store store(Vertx vertx) {
        return EmbeddedStore.open(
            vertx,
            java.util.Objects.requireNonNull(disk),
            new Config.History(1_000, Duration.ofHours(1)),
            System::currentTimeMillis,
            new Metrics());
      }
    };
  }

  /** Nothing was closed in good order: what the file has is what was promised. */
  @Override
  protected void restart() {
    if (disk != null) {
      disk.close();
      disk = null;
    }
  }

  @AfterEach
  void closeDisk() {
    restart();
  }
}
