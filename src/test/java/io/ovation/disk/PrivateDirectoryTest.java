package io.ovation.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateDirectoryTest {
  @Test
  void whatIsCreatedIsForTheServersUserAlone(@TempDir Path temporary) throws IOException {
    Path before = Files.createDirectory(temporary.resolve("before"));
    String rights = PosixFilePermissions.toString(Files.getPosixFilePermissions(before));
    Path data = before.resolve("a").resolve("data");
    PrivateDirectory.create(data);
    PrivateDirectory.create(data);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data)))
        .isEqualTo("rwx------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(before)))
        .isEqualTo(rights);
  }
}
