package io.ovation.deliver.lifecycle;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** How many files, sockets included, the process may open: {@code ulimit -n}. */
final class FileDescriptorLimit {
  private FileDescriptorLimit() {}

  /** Nine tenths of it, so that queue, store and other nodes keep theirs. */
  static long share() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? unix.getMaxFileDescriptorCount() / 10 * 9
        : Long.MAX_VALUE;
  }
}
