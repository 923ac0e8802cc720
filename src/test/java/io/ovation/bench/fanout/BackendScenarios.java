package io.ovation.bench.fanout;

import java.util.List;

final class BackendScenarios {
  private BackendScenarios() {}

  static List<Scenario> all() {
    return List.of();
  }
}
