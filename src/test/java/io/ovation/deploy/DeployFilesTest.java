package io.ovation.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.config.Config;
import com.hazelcast.config.FileSystemXmlConfig;
import io.ovation.config.ConfigLoader;
import io.ovation.config.ConfigLoader.Setting;
import io.ovation.node.RoleDeployer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
        "elastic/filebeat.yml",
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
    Map<?, ?> values = Chart.values();
    StringBuilder kinds = new StringBuilder();
    for (Map<?, ?> manifest : Chart.manifests("")) {
      assertThat(manifest.containsKey("apiVersion")).as("%s", manifest).isTrue();
      kinds.append(manifest.get("kind")).append(' ');
    }
    int roles = ((Map<?, ?>) java.util.Objects.requireNonNull(values.get("roles"))).size();
    for (String kind : List.of("Deployment", "PodDisruptionBudget", "ScaledObject")) {
      assertThat(kinds.toString().split(kind + " ", -1)).as(kind).hasSize(roles + 1);
    }
    assertThat(kinds.toString()).contains("NetworkPolicy", "Service", "Ingress", "ConfigMap");
  }

  @Test
  void theChartDeploysEachRoleThatTheServerHas() throws IOException {
    Map<?, ?> values = Chart.values();
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
    long stop = number("helm/ovation/values.yaml", "preStopSeconds: (\\d+)");
    assertThat(number("helm/ovation/values.yaml", "terminationGracePeriodSeconds: (\\d+)"))
        .isEqualTo(needed + stop);
    for (String file : List.of(".env.sample", "helm/ovation/values.yaml")) {
      assertThat(number(file, "OVATION_DRAIN_PERIOD[=:] ?(\\d+)s")).isEqualTo(needed - 15);
    }
  }

  /** {@code ProtectSystem=strict} leaves a service its StateDirectory; an image has its volume. */
  @Test
  void whatANodeWritesLiesWhereItMayWrite() throws IOException {
    String unit = Files.readString(DEPLOY.resolve("systemd/ovation.service"));
    String state = "/var/lib/" + group("systemd/ovation.service", "StateDirectory=(\\S+)");
    Map<String, String> environment =
        Pattern.compile("(OVATION_\\w+)=(\\S+)")
            .matcher(unit)
            .results()
            .collect(Collectors.toMap(it -> it.group(1), it -> it.group(2)));
    Path installed = Path.of(group("systemd/ovation.service", "WorkingDirectory=(\\S+)"));
    assertThat(written(environment))
        .hasSize(2)
        .allMatch(it -> installed.resolve(it).startsWith(state));

    Path volume = Path.of(group("Containerfile", "VOLUME (\\S+)"));
    Path app = Path.of(group("Containerfile", "WORKDIR (/app)"));
    assertThat(written(Map.of()))
        .hasSize(2)
        .allMatch(it -> app.resolve(it).normalize().startsWith(volume));
    assertThat(Chart.manifests("Deployment"))
        .isNotEmpty()
        .allSatisfy(
            it ->
                assertThat(Chart.text(it, "spec", "template", "spec", "containers", "0"))
                    .contains("mountPath=" + volume));
  }

  /** The values of the keys whose defaults are files and folders that a node makes. */
  private static List<String> written(Map<String, String> environment) {
    Set<String> keys =
        new ConfigLoader(null, Map.of())
            .load(null).settings().stream()
                .filter(it -> it.value().startsWith("./"))
                .map(Setting::key)
                .collect(Collectors.toSet());
    return new ConfigLoader(null, environment)
        .load(null).settings().stream()
            .filter(it -> keys.contains(it.key()))
            .map(Setting::value)
            .toList();
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

  /**
   * The image ignores flags that its Java does not know, so that a misspelled one would pass
   * unseen: here only those of a newer Java may be unknown.
   */
  @Test
  void theJvmTakesTheFlagsOfImageAndUnit() throws Exception {
    String image = Files.readString(DEPLOY.resolve("Containerfile"));
    Pattern flag = Pattern.compile("-XX:[^\\s\",]+");
    Set<String> flags = all(flag, image.substring(image.indexOf("\nENTRYPOINT")));
    flags.addAll(all(flag, Files.readString(DEPLOY.resolve("systemd/ovation.service"))));
    assertThat(flags.remove("-XX:+IgnoreUnrecognizedVMOptions")).isTrue();
    assertThat(flags).hasSizeGreaterThan(3);
    Set<String> known = all(Pattern.compile("(?m)^ *\\S+ (\\w+) +="), java("-XX:+PrintFlagsFinal"));
    Set<String> newer = Runtime.version().feature() < 25 ? Set.of("AOTCache") : Set.of();
    List<String> taken = new ArrayList<>();
    for (String each : flags) {
      String name = each.replaceFirst("-XX:[+-]?", "").replaceFirst("=.*", "");
      if (!newer.contains(name)) {
        assertThat(known).as(each).contains(name);
        taken.add(each);
      }
    }
    java(taken.toArray(String[]::new));
  }

  private static String java(String... flags) throws Exception {
    List<String> command = new ArrayList<>(List.of(flags));
    command.add(0, System.getProperty("java.home") + "/bin/java");
    command.add("-version");
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  /** Fast starts and compiled code for the first viewers, in the image as with bin/start. */
  @Test
  void theImageIsTrainedAsBinStartTrains() throws IOException {
    String image = Files.readString(DEPLOY.resolve("Containerfile"));
    String script = Files.readString(Path.of("bin", "start"));
    for (String part :
        List.of("for transport in [^;]+;", "--viewers \\d+ .*--watch-seconds \\d+")) {
      Pattern pattern = Pattern.compile(part);
      assertThat(all(pattern, image)).isNotEmpty().isEqualTo(all(pattern, script));
    }
    assertThat(image).contains("test -s app.aot").doesNotContain("touch");
  }

  @Test
  void theSampleEnvironmentHasEachVariableOfCompose() throws IOException {
    Set<String> used =
        all(Pattern.compile("\\$\\{(\\w+)"), Files.readString(DEPLOY.resolve("compose.yaml")));
    Set<String> set =
        all(Pattern.compile("(?m)^(\\w+)="), Files.readString(DEPLOY.resolve(".env.sample")));
    assertThat(set).isNotEmpty().isEqualTo(used);
  }

  private static String rest(Path file) throws IOException {
    return Files.readString(file)
        .replaceAll("(?s)<!--.*?-->", "")
        .replaceAll("(?s)<join>.*</join>", "")
        .replaceAll("(?s)<interfaces.*?(/>|</interfaces>)", "")
        .replaceAll("\\s+", " ");
  }

  private static long number(String file, String pattern) throws IOException {
    return Long.parseLong(group(file, pattern));
  }

  private static String group(String file, String pattern) throws IOException {
    var matcher = Pattern.compile(pattern).matcher(Files.readString(DEPLOY.resolve(file)));
    assertThat(matcher.find()).as(file + " has " + pattern).isTrue();
    return matcher.group(1);
  }

  private static Set<String> all(Pattern pattern, String text) {
    return pattern
        .matcher(text)
        .results()
        .map(found -> found.group(found.groupCount()))
        .collect(Collectors.toSet());
  }

  private static Map<?, ?> yaml(String text) {
    return (Map<?, ?>) new Load(LoadSettings.builder().build()).loadFromString(text);
  }

  private static List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(DEPLOY)) {
      return all.filter(Files::isRegularFile).toList();
    }
  }
}
