package io.ovation.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.config.Config;
import com.hazelcast.config.FileSystemXmlConfig;
import io.ovation.config.ConfigLoader;
import io.ovation.config.ConfigLoader.Setting;
import io.ovation.node.RoleDeployer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** Image, compose file, chart and unit agree with the server and with one another. */
class DeployFilesTest {
  private static final Path DEPLOY = Path.of("deploy");
  private static final Pattern VARIABLE = Pattern.compile("OVATION_[A-Z0-9_]+");
  private static final Set<String> PLACEHOLDERS = Set.of("OVATION_MEMBERS");

  @Test
  void everyVariableIsAKeyOfTheConfiguration() throws IOException {
    Set<String> known =
        new ConfigLoader(null, Map.of())
            .load(null).settings().stream()
                .map(Setting::key)
                .map(key -> "OVATION_" + key.toUpperCase(java.util.Locale.ROOT).replace('.', '_'))
                .collect(Collectors.toSet());
    for (Path file : files()) {
      Set<String> used = all(VARIABLE, Files.readString(file));
      used.removeAll(PLACEHOLDERS);
      used.removeIf(name -> name.equals("OVATION_"));
      assertThat(known).as(file.toString()).containsAll(used);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "compose.yaml",
        "prometheus/prometheus.yml",
        "prometheus/alerts.yml",
        "grafana/provisioning/datasources/prometheus.yml",
        "grafana/provisioning/dashboards/ovation.yml",
        "helm/ovation/Chart.yaml",
        "helm/ovation/values.yaml"
      })
  void yamlIsYaml(String file) throws IOException {
    assertThat(yaml(Files.readString(DEPLOY.resolve(file)))).isNotEmpty();
  }

  /** Not Helm, but enough to see that what it renders is YAML with the kinds that it promises. */
  @Test
  void theChartRendersToManifestsOfEachKind() throws IOException {
    Map<?, ?> values = yaml(Files.readString(DEPLOY.resolve("helm/ovation/values.yaml")));
    StringBuilder kinds = new StringBuilder();
    for (Path template : list(DEPLOY.resolve("helm/ovation/templates"))) {
      String text = new MiniChart(values, DEPLOY.resolve("helm/ovation")).render(template);
      for (Object manifest : new Load(LoadSettings.builder().build()).loadAllFromString(text)) {
        if (manifest instanceof Map<?, ?> map) {
          assertThat(map.containsKey("apiVersion")).as(text).isTrue();
          kinds.append(map.get("kind")).append(' ');
        }
      }
    }
    int roles = ((Map<?, ?>) java.util.Objects.requireNonNull(values.get("roles"))).size();
    for (String kind : List.of("Deployment", "PodDisruptionBudget", "ScaledObject")) {
      assertThat(kinds.toString().split(kind + " ", -1)).as(kind).hasSize(roles + 1);
    }
    assertThat(kinds.toString()).contains("NetworkPolicy", "Service", "Ingress", "ConfigMap");
  }

  @Test
  void theChartDeploysEachRoleThatTheServerHas() throws IOException {
    Map<?, ?> values = yaml(Files.readString(DEPLOY.resolve("helm/ovation/values.yaml")));
    Set<String> classes =
        all(Pattern.compile("io\\.ovation\\.[a-z.]+[A-Z]\\w+"), values.toString());
    assertThat(RoleDeployer.ROLE_CLASSES.keySet()).containsAll(classes);
    Set<?> roles = classes.stream().map(RoleDeployer.ROLE_CLASSES::get).collect(Collectors.toSet());
    assertThat(roles).isEqualTo(Set.copyOf(RoleDeployer.ROLE_CLASSES.values()));
  }

  /** 15 s more than drain.period, as its comment in conf/ovation.yaml demands. */
  @Test
  void everyOrchestratorWaitsForTheDrain() throws IOException {
    long needed =
        new ConfigLoader(null, Map.of()).load(null).config().drain().period().toSeconds() + 15;
    assertThat(number("compose.yaml", "stop_grace_period: (\\d+)s")).isEqualTo(needed);
    assertThat(number("systemd/ovation.service", "TimeoutStopSec=(\\d+)")).isEqualTo(needed);
    assertThat(number("helm/ovation/values.yaml", "terminationGracePeriodSeconds: (\\d+)"))
        .isEqualTo(needed);
    for (String file : List.of(".env.sample", "helm/ovation/values.yaml")) {
      assertThat(number(file, "OVATION_DRAIN_PERIOD[=:] ?(\\d+)s")).isEqualTo(needed - 15);
    }
  }

  /** They would drift otherwise. */
  @ParameterizedTest
  @ValueSource(strings = {"compose/cluster.xml", "helm/ovation/files/cluster.xml"})
  void clusterXmlDiffersFromTheShippedOneInJoinAndInterfacesOnly(String file) throws IOException {
    assertThat(rest(DEPLOY.resolve(file))).isEqualTo(rest(Path.of("cluster.xml")));
    Config hazelcast = new FileSystemXmlConfig(DEPLOY.resolve(file).toFile());
    assertThat(hazelcast.getAdvancedNetworkConfig().isEnabled()).isTrue();
  }

  /** They would drift otherwise. */
  @ParameterizedTest
  @CsvSource({
    "deploy/compose/nginx.conf, nginx.conf",
    "examples/proxies/roles/nginx.conf, nginx.conf",
    "examples/proxies/roles/haproxy.cfg, haproxy.cfg"
  })
  void proxyFilesDifferFromTheTestedOneInNodesOnly(Path file, String tested) throws IOException {
    assertThat(proxyLines(file)).isEqualTo(proxyLines(Path.of("examples", "proxies", tested)));
  }

  /** A proxy's settings without its nodes and its user, which the image names. */
  private static List<String> proxyLines(Path file) throws IOException {
    return Files.readAllLines(file).stream()
        .map(String::strip)
        .filter(line -> !line.isEmpty() && !line.startsWith("#"))
        .filter(line -> !line.matches("(server .*:\\d+ .*|user .*;)"))
        .toList();
  }

  /** The JVM refuses to start if it does not know a flag. */
  @Test
  void theJvmTakesTheFlagsOfImageAndUnit() throws Exception {
    String image = Files.readString(DEPLOY.resolve("Containerfile"));
    String entry = image.substring(image.indexOf("\nENTRYPOINT"));
    Set<String> flags = all(Pattern.compile("-XX:[^\\s\",]+"), entry);
    flags.addAll(
        all(
            Pattern.compile("-XX:[^\\s\",]+"),
            Files.readString(DEPLOY.resolve("systemd/ovation.service"))));
    assertThat(flags).hasSizeGreaterThan(3);
    List<String> command =
        new java.util.ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java"));
    command.addAll(new java.util.TreeSet<>(flags));
    command.sort(java.util.Comparator.comparing(flag -> !flag.contains("IgnoreUnrecognized")));
    command.remove(System.getProperty("java.home") + "/bin/java");
    command.add(0, System.getProperty("java.home") + "/bin/java");
    command.add("-version");
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output =
        new String(
            process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
  }

  private static String rest(Path file) throws IOException {
    return Files.readString(file)
        .replaceAll("(?s)<!--.*?-->", "")
        .replaceAll("(?s)<join>.*</join>", "")
        .replaceAll("(?s)<interfaces.*?(/>|</interfaces>)", "")
        .replaceAll("\\s+", " ");
  }

  private static long number(String file, String pattern) throws IOException {
    var matcher = Pattern.compile(pattern).matcher(Files.readString(DEPLOY.resolve(file)));
    assertThat(matcher.find()).as(file + " has " + pattern).isTrue();
    return Long.parseLong(matcher.group(1));
  }

  private static Set<String> all(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(MatchResult::group).collect(Collectors.toSet());
  }

  private static Map<?, ?> yaml(String text) {
    return (Map<?, ?>) new Load(LoadSettings.builder().build()).loadFromString(text);
  }

  private static List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(DEPLOY)) {
      return all.filter(Files::isRegularFile).toList();
    }
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.sorted().toList();
    }
  }
}
