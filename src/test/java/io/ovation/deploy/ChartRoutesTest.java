package io.ovation.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.auth.AccessControl;
import io.ovation.cluster.Role;
import io.ovation.cluster.SingleNodeCluster;
import io.ovation.config.Config;
import io.ovation.config.ConfigLoader;
import io.ovation.http.HealthRoutes;
import io.ovation.http.HttpServers;
import io.ovation.http.Readiness;
import io.ovation.ingress.OpenApiContract;
import io.ovation.ingress.OpenApiContract.Operation;
import io.ovation.metrics.BuildInfo;
import io.ovation.metrics.Metrics;
import io.ovation.node.Backends;
import io.ovation.node.RoleDeployer;
import io.ovation.node.ShutdownSequence;
import io.ovation.store.StoreClock;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the chart's Ingress sends to a role, the role serves. */
class ChartRoutesTest {
  @TempDir Path dir;

  private record PathRule(String pattern, Role role) {}

  /** An Ingress can't route by method. */
  @Test
  void thePodsBehindEachPathServeItsOperations() throws Exception {
    List<PathRule> rules = rules();
    Map<Role, Set<String>> served = new EnumMap<>(Role.class);
    for (Role role : rules.stream().map(PathRule::role).collect(Collectors.toSet())) {
      served.put(role, served(role));
    }
    List<Operation> operations = OpenApiContract.shipped().operations();
    assertThat(operations).hasSizeGreaterThan(20);
    for (Operation operation : operations) {
      String path = operation.path().replaceAll("\\{\\w+}", "x");
      Role role =
          rules.stream().filter(rule -> path.matches(rule.pattern)).findFirst().orElseThrow().role;
      assertThat(served.get(role))
          .as(role.text())
          .contains(operation.method() + " " + operation.path());
    }
  }

  /** As ingress-nginx matches with {@code use-regex}: beginnings, and the longest pattern first. */
  private static List<PathRule> rules() throws IOException {
    Map<String, Role> roles = new HashMap<>();
    for (Map<?, ?> service : Chart.manifests("Service")) {
      Object role = Chart.at(service, "spec", "selector", "role");
      if (role != null) {
        String type = Chart.text(Chart.values(), "roles", role.toString(), "class");
        roles.put(Chart.text(service, "metadata", "name"), RoleDeployer.ROLE_CLASSES.get(type));
      }
    }
    List<PathRule> rules = new ArrayList<>();
    for (Map<?, ?> ingress : Chart.manifests("Ingress")) {
      for (Object path : Chart.list(ingress, "spec", "rules", "0", "http", "paths")) {
        Role role = roles.get(Chart.text(path, "backend", "service", "name"));
        rules.add(new PathRule(Chart.text(path, "path") + ".*", Objects.requireNonNull(role)));
      }
    }
    rules.sort((a, b) -> b.pattern.length() - a.pattern.length());
    return rules;
  }

  /** The routes that a node with this role alone mounts. */
  private Set<String> served(Role role) throws Exception {
    Map<String, String> settings =
        Map.of("OVATION_DATA_DIR", dir.resolve(role.text()).toString(), "OVATION_HTTP_PORT", "0");
    Config config = new ConfigLoader(null, settings).load(null).config();
    Metrics metrics = new Metrics();
    ShutdownSequence shutdown = new ShutdownSequence(Duration.ofSeconds(8));
    Vertx vertx = Vertx.vertx();
    try {
      HttpServers front = new HttpServers(vertx, config.http(), 1 << 16, metrics);
      List<Router> routers = new CopyOnWriteArrayList<>();
      front.mount(loop -> routers.add(loop.router()));
      front.mount(new HealthRoutes(new Readiness(), BuildInfo.load()));
      Set<Role> roles = Set.of(role);
      Backends.open(vertx, config, metrics, shutdown, failure -> {})
          .compose(
              backends ->
                  new RoleDeployer(
                          vertx,
                          config,
                          metrics,
                          new SingleNodeCluster("node", roles),
                          backends,
                          new StoreClock(
                              backends.store(), InstantSource.system(), System::nanoTime, metrics),
                          front,
                          AccessControl.onTrust(),
                          shutdown)
                      .deploy(roles))
          .compose(v -> front.listen())
          .await(60, TimeUnit.SECONDS);
      return routers.get(0).getRoutes().stream()
          .filter(route -> route.getPath() != null && route.methods() != null)
          .flatMap(ChartRoutesTest::operations)
          .collect(Collectors.toSet());
    } finally {
      shutdown.stop().await(60, TimeUnit.SECONDS);
      vertx.close().await(60, TimeUnit.SECONDS);
    }
  }

  private static Stream<String> operations(Route route) {
    String path = route.getPath().replaceAll(":(\\w+)", "{$1}");
    return route.methods().stream().map(method -> method.name() + " " + path);
  }
}
