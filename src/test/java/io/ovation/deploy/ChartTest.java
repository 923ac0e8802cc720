package io.ovation.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the chart's manifests say about probes, metrics and scaling. */
class ChartTest {

  /** Not on the viewers' port, which opens when all is there, and may speak TLS or be full. */
  @Test
  void podsAreProbedOnTheOperatorsPortAndThoseOfViewersForViewers() throws IOException {
    List<Map<?, ?>> deployments = Chart.manifests("Deployment");
    assertThat(deployments).hasSize(6);
    for (Map<?, ?> deployment : deployments) {
      Object container = Chart.at(deployment, "spec", "template", "spec", "containers", "0");
      String role = Chart.text(deployment, "metadata", "labels", "role");
      assertThat(probe(container, "startupProbe")).isEqualTo("/health/live");
      assertThat(probe(container, "livenessProbe")).isEqualTo("/health/live");
      assertThat(probe(container, "readinessProbe"))
          .as(role)
          .isEqualTo(role.equals("supervise") ? "/health/ready/viewers" : "/health/ready");
    }
  }

  private static String probe(@Nullable Object container, String name) {
    assertThat(Chart.text(container, name, "httpGet", "port")).isEqualTo("operate");
    return Chart.text(container, name, "httpGet", "path");
  }

  /** The operators' port takes no request without the token, and network policies name it. */
  @Test
  void prometheusIsGivenThePortAndTheToken() throws IOException {
    Map<?, ?> monitor = Chart.manifests("PodMonitor").get(0);
    Object endpoint = Chart.at(monitor, "spec", "podMetricsEndpoints", "0");
    assertThat(Chart.text(endpoint, "path")).isEqualTo("/metrics");
    assertThat(Chart.at(endpoint, "authorization", "credentials"))
        .isEqualTo(Map.of("name", "ovation", "key", "OVATION_OPERATE_TOKEN"));
    String selected = Chart.text(monitor, "spec", "selector", "matchLabels");
    for (Map<?, ?> deployment : Chart.manifests("Deployment")) {
      Object pod = Chart.at(deployment, "spec", "template");
      assertThat(selected).isEqualTo("{app=ovation, instance=show}");
      assertThat(Chart.text(pod, "metadata", "labels")).contains("app=ovation, instance=show");
      assertThat(Chart.text(monitor, "spec", "jobLabel")).isEqualTo("app");
      Set<String> ports =
          Chart.list(pod, "spec", "containers", "0", "ports").stream()
              .map(port -> Chart.text(port, "name"))
              .collect(Collectors.toSet());
      assertThat(ports).contains(Chart.text(endpoint, "port"));
    }
    assertThat(Chart.manifests("PodMonitor", Map.of("podMonitor.enabled", false))).isEmpty();
    Map<?, ?> labelled =
        Chart.manifests("PodMonitor", Map.of("podMonitor.labels", Map.of("release", "p"))).get(0);
    assertThat(Chart.at(labelled, "metadata", "labels"))
        .isEqualTo(Map.of("app", "ovation", "release", "p"));
  }

  /** At none nobody would empty the outboxes, nor count what is in them. */
  @Test
  void regionNodesScaleOnTheirOutboxesAndNeverBelowWhatIsSet() throws IOException {
    Map<?, ?> scaled =
        Chart.manifests("ScaledObject", Map.of("roles.region.replicas", 2)).stream()
            .filter(it -> Chart.text(it, "metadata", "name").endsWith("-region"))
            .findFirst()
            .orElseThrow();
    assertThat(Chart.text(scaled, "spec", "minReplicaCount")).isEqualTo("2");
    assertThat(Chart.text(scaled, "spec", "triggers", "0", "metadata", "query"))
        .isEqualTo("sum(ovation_region_outbox_items)");
  }
}
