package io.ovation.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

class AlertsTest {

  /** {@code OperateIT} runs them. */
  @Test
  void eachAlertHasATestInWhichItFires() throws IOException {
    Set<String> alerts = new TreeSet<>();
    for (Object rule : Chart.list(yaml("alerts.yml"), "groups", "0", "rules")) {
      alerts.add(Chart.text(rule, "alert"));
    }
    Set<String> fired = new TreeSet<>();
    for (Object test : Chart.list(yaml("alerts_test.yml"), "tests")) {
      for (Object expected : Chart.list(test, "alert_rule_test")) {
        if (!Chart.list(expected, "exp_alerts").isEmpty()) {
          fired.add(Chart.text(expected, "alertname"));
        }
      }
    }
    assertThat(alerts).hasSizeGreaterThan(20).isEqualTo(fired);
  }

  private static Object yaml(String name) throws IOException {
    String text = Files.readString(Path.of("deploy", "prometheus", name));
    return new Load(LoadSettings.builder().build()).loadFromString(text);
  }
}
