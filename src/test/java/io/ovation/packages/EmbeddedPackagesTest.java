package io.ovation.packages;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** The package coordinator on the local disk. */
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
