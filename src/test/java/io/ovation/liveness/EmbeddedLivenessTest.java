package io.ovation.liveness;

import io.ovation.config.Config;
import io.ovation.disk.Disk;
import io.ovation.metrics.Metrics;
import io.ovation.queue.embedded.EmbeddedBroker;
import io.ovation.store.embedded.EmbeddedStore;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Liveness as a lone node has it. */
@Execution(ExecutionMode.CONCURRENT)
class EmbeddedLivenessTest extends LivenessContract {
  @TempDir Path dir;
  private @Nullable Disk disk;

  @Override
  protected LivenessFixture plant() {
    Config.Data data = new Config.Data(dir.toString(), 10_000);
    return new LivenessFixture(
        vertx -> {
          disk = new Disk(vertx, data, new Metrics());
          return new EmbeddedBroker(vertx, disk, data, new Metrics());
        },
        vertx ->
            EmbeddedStore.open(
                vertx, java.util.Objects.requireNonNull(disk), history(), new Metrics()));
  }

  @AfterEach
  void closeDisk() {
    if (disk != null) {
      disk.close();
    }
  }
}
