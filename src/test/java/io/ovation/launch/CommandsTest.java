package io.ovation.launch;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.ovation.config.ConfigLoader;
import io.ovation.testkit.Ports;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandsTest {
  private static final List<String> ROLES = List.of("io.ovation.ingress.IngressVerticle");

  @TempDir Path directory;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private Map<String, String> environment = Map.of();

  @Test
  void helpNamesRolesAndCommands() {
    assertThat(run("--help")).isZero();
    assertThat(text())
        .contains("-cluster", ROLES.get(0), "check [-cluster]", "config [-conf", "Exit codes");
  }

  @Test
  void helpIsAlsoPrintedForACommand() {
    assertThat(run("check", "--help")).isZero();
    assertThat(text()).contains("Commands").doesNotContain("WRONG");
  }

  @Test
  void aDelegatedCommandPrintsItsOwnHelp() {
    DelegatedCommand load =
        new DelegatedCommand(
            "load …",
            "loads",
            (arguments, to) -> {
              to.print("own help for " + arguments[0]);
              return 3;
            });
    Commands all = new Commands(ROLES, load);
    assertThat(all.run(new String[] {"load", "--help"}, print())).hasValue(3);
    assertThat(text()).isEqualTo("own help for --help");
  }

  @Test
  void versionNamesTheBuildAndJava() {
    assertThat(run("--version")).isZero();
    assertThat(text()).startsWith("Ovation ").contains("Java " + Runtime.version());
  }

  @Test
  void anythingElseStartsANode() {
    for (String[] args : new String[][] {{}, {"-cluster"}, {ROLES.get(0), "-cluster"}}) {
      assertThat(commands().run(args, print())).as(String.join(" ", args)).isEmpty();
    }
  }

  @Test
  void configNamesTheSourceOfEachValue() throws IOException {
    write("http:\n  port: 8081\nlog:\n  level: info\n");
    environment = Map.of("OVATION_REGION", "eu");
    assertThat(run("config", "-conf", "{\"viewer\":{\"buffer\":\"2MiB\"}}")).isZero();
    assertThat(line("http.port")).contains("8081").endsWith("conf/ovation.yaml");
    assertThat(line("log.level")).contains("info").endsWith("conf/ovation.yaml");
    assertThat(line("region")).contains("eu").endsWith("# OVATION_REGION");
    assertThat(line("viewer.buffer")).contains("2MiB").endsWith("# -conf");
    assertThat(line("viewer.ttl_max")).contains("1h").endsWith("# default");
  }

  @Test
  void optionsMayComeBeforeTheCommand() {
    assertThat(run("-cluster", "-conf", "{\"viewer\":{\"buffer\":\"2MiB\"}}", "config")).isZero();
    assertThat(line("viewer.buffer")).contains("2MiB").endsWith("# -conf");
    assertThat(commands().run(new String[] {"-conf", "config"}, print())).isEmpty();
  }

  @Test
  void checkSaysWhichPortIsTaken() throws IOException {
    InetAddress host = InetAddress.getLoopbackAddress();
    try (ServerSocket viewers = new ServerSocket(0, 1, host);
        ServerSocket operators = new ServerSocket(0, 1, host)) {
      environment =
          Map.of(
              "OVATION_HTTP_HOST", "127.0.0.1",
              "OVATION_HTTP_PORT", "" + viewers.getLocalPort(),
              "OVATION_OPERATE_PORT", "" + operators.getLocalPort());
      assertThat(run("check")).isEqualTo(78);
      assertThat(text())
          .containsPattern("WRONG +http\\.port .*OVATION_HTTP_PORT")
          .containsPattern("WRONG +operate\\.port .*OVATION_OPERATE_PORT");
    }
    out.reset();
    run("check");
    assertThat(text()).containsPattern("ok +http\\.port ").containsPattern("ok +operate\\.port ");
  }

  @Test
  void checkReadsTheKeysAndTheWordList() throws IOException {
    Path words = Files.writeString(directory.resolve("words"), "deny spam\n");
    environment =
        Map.of(
            "OVATION_AUTH_JWKS", directory.resolve("missing.json").toString(),
            "OVATION_MODERATION_WORDS", words.toString());
    assertThat(run("check")).isEqualTo(78);
    assertThat(text())
        .containsPattern("WRONG +auth\\.jwks .*missing\\.json")
        .containsPattern("ok +words ");
    Files.writeString(words, "deny spam\nspam\n");
    out.reset();
    run("check");
    assertThat(text()).containsPattern("WRONG +words .*line 2");
  }

  @Test
  void aKeyServerThatDoesNotAnswerAndProxiesThatAreNoneAreWrong() {
    environment =
        Map.of(
            "OVATION_AUTH_JWKS",
            "http://127.0.0.1:" + Ports.free() + "/jwks.json",
            "OVATION_HTTP_TRUSTED_PROXIES",
            "10.0.0.0/33");
    assertThat(run("check")).isEqualTo(78);
    assertThat(text())
        .containsPattern("WRONG +auth\\.jwks .*jwks\\.json.*refused")
        .containsPattern("WRONG +proxies .*10\\.0\\.0\\.0/33");
  }

  @Test
  void checkBesideARunningNodeFindsItsPortsInOrder() throws IOException {
    InetAddress host = InetAddress.getLoopbackAddress();
    HttpServer node = HttpServer.create(new InetSocketAddress(host, 0), 0);
    node.createContext(
        "/health/live",
        exchange -> {
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    node.start();
    try {
      String port = "" + node.getAddress().getPort();
      environment = Map.of("OVATION_HTTP_HOST", "127.0.0.1", "OVATION_HTTP_PORT", port);
      run("check");
      assertThat(text()).containsPattern("ok +http\\.port .*where a node listens");
    } finally {
      node.stop(0);
    }
  }

  @Test
  void checkFindsAFileInPlaceOfTheDataDirectory() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "");
    environment = Map.of("OVATION_DATA_DIR", file.toString());
    assertThat(run("check")).isEqualTo(78);
    assertThat(text()).containsPattern("WRONG +data\\.dir .*is not a directory");
  }

  @Test
  void configMasksSecrets() {
    environment =
        Map.of(
            "OVATION_RABBITMQ_URI", "amqp://bob:hu@sh/w1@h1,h2/v",
            "OVATION_REDIS_URI", "redis+sentinel://:hush2@h:1,h:2/m?sentinel_password=hush3",
            "OVATION_OPERATE_TOKEN", "hush4-0123456789abcdef");
    assertThat(run("config")).isZero();
    assertThat(text()).doesNotContain("hush", "sh/w1", "hu@").contains("@h1,h2/v", "***");
  }

  @Test
  void configRefusesWhatItDoesNotUnderstandWithTheUsage() {
    assertThat(run("config", "--json")).isEqualTo(64);
    assertThat(text()).contains("\"--json\"", "Usage: java -jar app.jar config");
  }

  @Test
  void checkSaysWhichKeyIsWrong() throws IOException {
    write("http:\n  prot: 1\n");
    assertThat(run("check")).isEqualTo(78);
    assertThat(text()).containsPattern("WRONG +configuration .*http\\.prot.*http\\.port");
  }

  @Test
  void checkOfANodeAloneLooksAtFilesMemoryAndDisk() {
    environment = Map.of("OVATION_DATA_DIR", directory.toString());
    run("check");
    assertThat(text())
        .containsPattern("ok +configuration ")
        .contains(" files ", " memory ", " data.dir ", "embedded");
  }

  @Test
  void checkSaysWhatToDoWhenServersDoNotAnswer() {
    environment =
        Map.of(
            "OVATION_RABBITMQ_URI", "amqp://127.0.0.1:1",
            "OVATION_REDIS_URI", "redis://127.0.0.1:1");
    assertThat(run("check", "-cluster")).isEqualTo(78);
    assertThat(text())
        .containsPattern("WRONG +rabbitmq .*start it, check rabbitmq\\.uri")
        .containsPattern("WRONG +redis .*start it, and check redis\\.uri")
        .containsPattern("ok +cluster .*member"); // who answers depends on the machine
  }

  @Test
  void fewFilesAreWrongAndTheLineSaysHowToRaiseThem() {
    var config = new ConfigLoader(null, Map.of("OVATION_VIEWER_CONNECTIONS", "20000"));
    Finding finding = MachineChecks.files(config.load(null).config(), 20_000);
    assertThat(finding.good()).isFalse();
    assertThat(finding.text()).contains("viewer.connections is 20000", "ulimit -n 22223");
  }

  private void write(String yaml) throws IOException {
    Files.createDirectories(directory.resolve("conf"));
    Files.writeString(directory.resolve("conf/ovation.yaml"), yaml);
  }

  private Commands commands() {
    ConfigLoader loader = new ConfigLoader(directory, environment);
    return new Commands(ROLES, new CheckCommand(loader), new ConfigCommand(loader));
  }

  private int run(String... args) {
    return commands().run(args, print()).orElseThrow();
  }

  private PrintStream print() {
    return new PrintStream(out, true, StandardCharsets.UTF_8);
  }

  private String text() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String line(String key) {
    return text().lines().filter(it -> it.startsWith(key + ":")).findFirst().orElseThrow();
  }
}
