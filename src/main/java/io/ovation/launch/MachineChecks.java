package io.ovation.launch;

import com.sun.management.UnixOperatingSystemMXBean;
import io.ovation.config.Config;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Checks the process's limits, and the directory of the embedded queue and store. */
final class MachineChecks {
  /** Below this, a node keeps fewer connections than one core can serve. */
  private static final long FILES = 10_000;

  private static final long HEAP = 512L << 20;
  private static final long DISK = 1L << 30;

  private MachineChecks() {}

  static List<Finding> run(Config config) {
    List<Finding> findings = new ArrayList<>();
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix) {
      findings.add(files(config, unix.getMaxFileDescriptorCount()));
    }
    long heap = Runtime.getRuntime().maxMemory();
    String text = "%d MiB of heap at most".formatted(heap >> 20);
    findings.add(
        heap >= HEAP
            ? Finding.ok("memory", text)
            : Finding.wrong("memory", text + ": give the process 512 MiB or more (-Xmx512m)"));
    if (config.rabbitmq().uri().isEmpty() || config.redis().uri().isEmpty()) {
      findings.add(directory(Path.of(config.data().dir())));
    }
    return findings;
  }

  static Finding files(Config config, long limit) {
    int wanted = config.viewer().connections();
    long room = limit / 10 * 9;
    if (wanted > room) {
      String text = "viewer.connections is %d, but this process may open %d files: %s";
      return Finding.wrong("files", text.formatted(wanted, limit, raise(wanted * 10L / 9 + 1)));
    }
    String text =
        "%d may be open, so up to %d viewers".formatted(limit, wanted > 0 ? wanted : room);
    return limit >= FILES
        ? Finding.ok("files", text)
        : Finding.wrong("files", text + ": " + raise(65_536));
  }

  private static String raise(long to) {
    return "raise it (ulimit -n %d, LimitNOFILE=%<d for systemd)".formatted(to);
  }

  private static Finding directory(Path directory) {
    Path existing = directory.toAbsolutePath();
    while (existing != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    if (existing == null || !Files.isWritable(existing)) {
      return Finding.wrong(
          "data.dir", directory + " can't be written: set data.dir, or give this user the right");
    }
    if (!Files.isDirectory(existing)) {
      return Finding.wrong("data.dir", existing + " is not a directory: set data.dir to one");
    }
    try {
      FileStore store = Files.getFileStore(existing);
      String text = "%s has %d MiB free".formatted(directory, store.getUsableSpace() >> 20);
      return store.getUsableSpace() >= DISK
          ? Finding.ok("data.dir", text)
          : Finding.wrong("data.dir", text + ": make room, 1 GiB or more");
    } catch (IOException e) {
      return Finding.wrong("data.dir", directory + " can't be read: " + e.getMessage());
    }
  }
}
