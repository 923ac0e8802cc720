package io.ovation.bench.fanout;

import java.util.ArrayList;
import java.util.List;

/**
 * A line of what must be shown.
 *
 * @param id for {@code --only}
 * @param quick whether {@code --quick} has it
 */
record Scenario(String id, String title, boolean quick, Body body) {

  /** Measures it; {@code length} shortens all times. */
  interface Body {
    void run(Figures figures, Length length) throws Exception;
  }

  /** Seconds, all of them or fewer for a quick look. */
  record Length(boolean quick) {
    int seconds(int full, int fast) {
      return quick ? fast : full;
    }
  }

  static List<Scenario> all() {
    List<Scenario> all = new ArrayList<>();
    all.addAll(FanoutScenarios.all());
    all.addAll(ConnectionScenarios.all());
    all.addAll(BackendScenarios.all());
    all.addAll(PosterScenarios.all());
    return all;
  }
}
