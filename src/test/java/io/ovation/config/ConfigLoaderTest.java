package io.ovation.config;

import static java.time.Duration.ofDays;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigLoaderTest {
  @TempDir Path directory;

  @Test
  void everyDefaultIsAsDocumented() {
    assertThat(load(Map.of()).config())
        .isEqualTo(
            new Config(
                "local",
                new Config.Regions(Map.of(), 1L << 30, ofHours(1)),
                16,
                new Config.Data("./data", 20_000),
                new Config.Log("text", "info"),
                new TraceConfig("", "", 100, 100, 2_048, "", 64 << 20),
                new Config.Http(
                    "0.0.0.0",
                    8080,
                    4_096,
                    16_384,
                    65_536,
                    64 << 20,
                    0,
                    ofSeconds(10),
                    ofSeconds(75),
                    List.of("*"),
                    List.of(),
                    new Config.Tls("", "")),
                new Config.Limits(0, 0, 0, 0, 0, 0, 120, 0, 0),
                new Config.Auth(false, "", "", "", "", ofSeconds(30)),
                new Config.Operate("127.0.0.1", 9090, ""),
                new Config.Rabbitmq(
                    "",
                    ofSeconds(3),
                    ofSeconds(5),
                    20_000,
                    ofMillis(100),
                    ofSeconds(5),
                    ofMinutes(10)),
                new Config.Redis("", ofSeconds(2), 8, 20_000, ofMinutes(10)),
                new Config.Cluster("cluster.xml"),
                new Config.Ingress(10_000),
                new Config.Reactions(
                    List.of("like", "love", "laugh", "wow", "sad", "clap"),
                    10_000,
                    ofMillis(500),
                    ofDays(30)),
                new Config.Dispatch(0, 2000, 500, 8, ofSeconds(2), ofSeconds(2)),
                new Config.Supervise(ofSeconds(30), 512, ofSeconds(10), ofSeconds(1)),
                new Config.Viewer(
                    ofSeconds(25),
                    1_048_576,
                    65_536,
                    ofSeconds(30),
                    256,
                    ofMinutes(30),
                    ofMinutes(60),
                    2000,
                    1000,
                    0,
                    50,
                    500,
                    10,
                    true,
                    false),
                new Config.Drain(ofSeconds(30)),
                new Config.History(1000, 4_194_304, ofHours(1)),
                new Config.Liveness(
                    "",
                    100,
                    ofSeconds(5),
                    ofSeconds(30),
                    10_000,
                    "",
                    20,
                    ofMillis(500),
                    ofSeconds(10),
                    false),
                new Config.Moderation("", "./data/audit.jsonl", 16 << 20, 10),
                new Config.Hooks("", "", "", ofMillis(200), "allow", 500, 10, ofSeconds(1)),
                new Config.Publish("", ofSeconds(30)),
                new Config.Packages(
                    ofHours(24),
                    2000,
                    64,
                    16,
                    40,
                    ofSeconds(30),
                    ofSeconds(30),
                    16,
                    ofSeconds(1),
                    ofHours(1),
                    ofHours(1),
                    Map.of(),
                    "")));
  }

  @Test
  void everyKeyHasARuleAndAVariableOfItsOwn() {
    assertThat(ConfigKeys.BY_ENV).hasSameSizeAs(ConfigKeys.RULES);
  }

  @Test
  void theWorkingDirectoryOverridesTheJarKeyByKey() throws IOException {
    file("http:\n  port: 9000\nhistory:\n  ttl: 90s\n");
    Config config = load(Map.of()).config();
    assertThat(config.http().port()).isEqualTo(9000);
    assertThat(config.http().host()).isEqualTo("0.0.0.0");
    assertThat(config.history().ttl()).isEqualTo(ofSeconds(90));
  }

  @Test
  void anEmptyFileAndAnEmptySectionChangeNothing() throws IOException {
    file("# nothing\n");
    Config defaults = load(Map.of()).config();
    file("http:\n");
    assertThat(load(Map.of()).config()).isEqualTo(defaults);
  }

  @Test
  void confOverridesTheFileAndTheEnvironmentOverridesBoth() throws IOException {
    file("http:\n  port: 9000\nregion: file\npartitions: 4\n");
    JsonObject conf = new JsonObject("{\"http\":{\"port\":9001},\"region\":\"conf\"}");
    Config config =
        new ConfigLoader(directory, Map.of("OVATION_HTTP_PORT", "9002")).load(conf).config();
    assertThat(config.http().port()).isEqualTo(9002);
    assertThat(config.region()).isEqualTo("conf");
    assertThat(config.partitions()).isEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource({
    "OVATION_DATA_DIR, data.dir",
    "OVATION_RABBITMQ_RECONNECT_INITIAL, rabbitmq.reconnect_initial",
    "OVATION_VIEWER_MESSAGE_LIMIT, viewer.message_limit"
  })
  void aVariableIsTheKeysPathInUpperCase(String variable, String path) {
    assertThat(ConfigKeys.BY_ENV).containsEntry(variable, path);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'http: {prot: 1}'        | http.prot     | http.port",
        "'htp: {port: 1}'         | htp.port      | http.port",
        "'port: 1'                | port          | http.port",
        "'partition: 1'           | partition     | partitions",
        "'http: {port: {x: 1}}'   | http.port     | a whole number",
        "'http: {bodyLimit: 1KiB}'| http.bodyLimit| http.body_limit"
      })
  void anUnknownKeyIsRefusedWithFilePathAndNearest(String yaml, String path, String nearest)
      throws IOException {
    file(yaml);
    assertThatThrownBy(() -> load(Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll(directory.resolve("conf/ovation.yaml").toString(), path, nearest);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'http: {port: eighty}'       | http.port          | eighty | 0 to 65535",
        "'http: {port: 65536}'        | http.port          | 65536  | 0 to 65535",
        "'http: {port: 80.5}'         | http.port          | 80.5   | whole number",
        "'http: {port: }'             | http.port          | empty  | whole number",
        "'http: {port: 99999999999999999999}' | http.port  | 99999999999999999999 | whole number",
        "'http: {body_limit: 65536}'  | http.body_limit    | 65536  | KiB",
        "'viewer: {buffer: 1TB}'      | viewer.buffer      | 1TB    | MiB",
        "'history: {ttl: 60}'         | history.ttl        | 60     | 25s",
        "'history: {ttl: -5s}'        | history.ttl        | -5s    | 1s to 30d",
        "'rabbitmq: {heartbeat: 5s}'  | rabbitmq.heartbeat | 5s     | 1s to 4s",
        "'reactions: {kinds: []}'     | reactions.kinds    | []     | 1 to 32",
        "'reactions: {kinds: [a, a]}' | reactions.kinds    | a      | 1 to 32",
        "'reactions: {kinds: [a-b]}'  | reactions.kinds    | a-b    | 1 to 32",
        "'reactions: {window: 50ms}'  | reactions.window   | 50ms   | 100ms to 2s",
        "'viewer: {one_stream: 1}'    | viewer.one_stream  | 1      | true or false",
        "'log: {format: xml}'         | log.format         | xml    | text, json",
        "'region: a b'                | region             | a b    | 1 to 64",
        "'region: [a]'                | region             | [a]    | 1 to 64",
        "'liveness: {origin: host:80}'| liveness.origin    | host:80| http://",
        "'liveness: {origin: http://h/?a}' | liveness.origin | http://h | empty",
        "'liveness: {only_live_comments: 1}' | liveness.only_live_comments | 1 | true or false",
        "'http: 8080'                 | http               | 8080   | section"
      })
  void aValueThatCannotBeIsRefusedWithKeyValueAndExpectation(
      String yaml, String path, String value, String expected) throws IOException {
    file(yaml);
    assertThatThrownBy(() -> load(Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll(path, value, expected);
  }

  @Test
  void kindsOfReactionsMayComeFromTheEnvironment() {
    Config config = load(Map.of("OVATION_REACTIONS_KINDS", "like, clap  wow")).config();
    assertThat(config.reactions().kinds()).containsExactly("like", "clap", "wow");
  }

  @Test
  void confMayHoldListsAndMaps() {
    JsonObject conf =
        new JsonObject(
            """
            {"reactions":{"kinds":["like","wow"]},
             "packages":{"webhooks":{"mail":"http://h/a"},"webhook_secret":"0123456789abcdef"}}""");
    Config config = new ConfigLoader(directory, Map.of()).load(conf).config();
    assertThat(config.reactions().kinds()).containsExactly("like", "wow");
    assertThat(config.packages().webhooks()).containsExactly(Map.entry("mail", "http://h/a"));
  }

  @Test
  void webhooksMayComeFromTheEnvironment() {
    String secret = "0123456789abcdef";
    Config config =
        load(Map.of(
                "OVATION_PACKAGES_WEBHOOKS",
                "a=https://h/x?y=z, b=http://h",
                "OVATION_PACKAGES_WEBHOOK_SECRET",
                secret))
            .config();
    assertThat(config.packages().webhooks())
        .isEqualTo(Map.of("a", "https://h/x?y=z", "b", "http://h"));
    assertThat(config.packages().toString()).doesNotContain(secret);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a", "a=ftp://h", "a=http://u:p@h", "a/b=http://h", "a=http://h a=http://g"})
  void aWebhookThatCannotBeIsRefused(String value) {
    assertThatThrownBy(() -> load(Map.of("OVATION_PACKAGES_WEBHOOKS", value)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll("packages.webhooks", "type=URL", "without user:password@")
        .hasMessageNotContaining("u:p");
  }

  @Test
  void aBadVariableIsRefusedByItsName() {
    assertThatThrownBy(() -> load(Map.of("OVATION_PARTITIONS", "many")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll("OVATION_PARTITIONS", "many", "1 to 4096");
  }

  @Test
  void anUnknownVariableWarnsOnceWithTheNearest() {
    assertThat(load(Map.of("OVATION_HTTP_PROT", "1", "PATH", "/bin")).warnings())
        .singleElement()
        .asString()
        .contains("OVATION_HTTP_PROT", "OVATION_HTTP_PORT");
  }

  @Test
  void aBadKeyInConfIsRefusedAsSuch() {
    assertThatThrownBy(() -> new ConfigLoader(directory, Map.of()).load(JsonObject.of("a", 1)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll("-conf", "unknown key a");
  }

  @Test
  void aPasswordIsNotRepeatedInARefusal() {
    assertThatThrownBy(() -> load(Map.of("OVATION_REDIS_URI", "http://:secret@host")))
        .hasMessageContaining("redis.uri")
        .hasMessageNotContaining("secret");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a: [", "- a", "http:\n  port: 1\n  port: 2"})
  void whatIsNotAMapOfKeysIsRefusedWithTheFile(String yaml) throws IOException {
    file(yaml);
    assertThatThrownBy(() -> load(Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("ovation.yaml");
  }

  @Test
  void keysThatContradictEachOtherAreRefused() {
    assertThatThrownBy(() -> load(Map.of("OVATION_HTTP_IDLE_TIMEOUT", "30s")))
        .hasMessageContainingAll("http.idle_timeout", "viewer.heartbeat");
    assertThatThrownBy(() -> load(Map.of("OVATION_VIEWER_TTL_MIN", "2h")))
        .hasMessageContainingAll("viewer.ttl_max", "viewer.ttl_min");
    assertThatThrownBy(() -> load(Map.of("OVATION_VIEWER_TTL_MIN", "0s")))
        .hasMessageContainingAll("viewer.ttl_max", "viewer.ttl_min");
  }

  private ConfigLoader.Loaded load(Map<String, String> environment) {
    return new ConfigLoader(directory, environment).load(null);
  }

  private void file(String yaml) throws IOException {
    Files.createDirectories(directory.resolve("conf"));
    Files.writeString(directory.resolve("conf/ovation.yaml"), yaml);
  }
}
