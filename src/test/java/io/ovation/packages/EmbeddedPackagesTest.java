package io.ovation.packages;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The package coordinator on the local disk. */
@Execution(ExecutionMode.CONCURRENT)
class EmbeddedPackagesTest extends PackagesContract {
  @TempDir Path dir;
  private @Nullable EmbeddedBackends ground;

  @Override
  protected PackageFixture.Ground ground() {
    if (ground == null) {
      ground = new EmbeddedBackends(dir);
    }
    return ground;
  }

  @Override
  protected void restart() {
    if (ground != null) {
      ground.close();
    }
  }

  @AfterEach
  void closeDisk() {
    restart();
  }
}
