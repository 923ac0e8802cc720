package io.ovation.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code bin/start} does for a start: nodes load their classes from an archive, which takes
 * half the processor time. The first process that starts a node makes the archive, the others wait.
 */
final class ClassArchive {
  private static @Nullable List<String> flags;

  private ClassArchive() {}

  /** Options of a Java that runs this jar; Java ignores an archive that does not fit. */
  static synchronized List<String> flags(Path jar) {
    @Nullable List<String> made = flags;
    if (made == null) {
      String name = "app-" + Runtime.version().feature() + ".jsa";
      Path archive = jar.resolveSibling(name);
      make(jar, archive);
      made = List.of("-XX:SharedArchiveFile=" + archive, "-Xlog:cds=off", "-Xlog:cds+dynamic=off");
      flags = made;
    }
    return made;
  }

  private static void make(Path jar, Path archive) {
    Path lock = archive.resolveSibling(archive.getFileName() + ".lock");
    try (FileChannel file =
            FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock held = file.lock()) {
      if (held.isValid() && !isNewer(archive, jar)) {
        Path fresh = archive.resolveSibling(archive.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        dump(jar, fresh);
        Files.move(fresh, archive, StandardCopyOption.REPLACE_EXISTING);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isNewer(Path archive, Path jar) throws IOException {
    return Files.exists(archive)
        && Files.getLastModifiedTime(archive).compareTo(Files.getLastModifiedTime(jar)) >= 0;
  }

  /** One start of a node in a cluster of its own; Java writes the archive when it ends. */
  private static void dump(Path jar, Path archive) {
    NodeSpec spec = NodeSpec.named("class-archive").in(ClusterXml.of(1).get(0));
    List<String> command =
        List.of(
            NodeProcess.java(),
            "-XX:ArchiveClassesAtExit=" + archive,
            "-jar",
            jar.toString(),
            "-cluster");
    try (NodeProcess node = NodeProcess.start(spec, command)) {
      node.awaitReady().terminate();
    }
  }
}
