package io.ovation.bench.fanout;

import java.nio.file.Path;

final class Report {
  private Report() {}

  static void write(Path dir) {}
}
