package io.ovation.packages;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawHttp.Answer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each bad submission is a problem that names the field, and nothing is kept of it. */
@SuppressWarnings("NullAway.Init") // start comes first
class PackageSubmissionTest {
  private static final String PATH = "/packages";
  private static final String GOOD = "{\"id\":\"good\",\"type\":\"t\",\"payload\":null}";

  @TempDir Path dir;
  private EmbeddedBackends ground;
  private PackageFixture plant;
  private int port;

  @BeforeEach
  void start() {
    ground = new EmbeddedBackends(dir);
    plant = new PackageFixture(ground, PackageFixture.quick());
    port = plant.doorPort();
  }

  @AfterEach
  void goesOnServingAndKeptNothing() {
    assertThat(RawHttp.get(port, "/packages/p").status()).isEqualTo(404);
    assertThat(RawHttp.post(port, PATH, GOOD).status()).isEqualTo(202);
    plant.close();
    ground.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "not json | body",
        "[] | body",
        "'' | body",
        "{\"type\":\"t\",\"payload\":1} | id",
        "{\"id\":null,\"type\":\"t\",\"payload\":1} | id",
        "{\"id\":7,\"type\":\"t\",\"payload\":1} | id",
        "{\"id\":\"\",\"type\":\"t\",\"payload\":1} | id",
        "{\"id\":\"a b\",\"type\":\"t\",\"payload\":1} | id",
        "{\"id\":\"..\",\"type\":\"t\",\"payload\":1} | id",
        "{\"id\":\"a\\u0000\",\"type\":\"t\",\"payload\":1} | id",
        "{\"id\":\"caf\\u00e9\",\"type\":\"t\",\"payload\":1} | id",
        "{\"id\":\"p\",\"payload\":1} | type",
        "{\"id\":\"p\",\"type\":\"a\\nb\",\"payload\":1} | type",
        "{\"id\":\"p\",\"type\":{},\"payload\":1} | type",
        "{\"id\":\"p\",\"type\":\"t\"} | payload",
        "{\"id\":\"p\",\"type\":\"t\",\"payload\":1,\"priority\":\"urgent\"} | priority",
        "{\"id\":\"p\",\"type\":\"t\",\"payload\":1,\"priority\":\"HIGH\"} | priority",
        "{\"id\":\"p\",\"type\":\"t\",\"payload\":1,\"priority\":null} | priority",
        "{\"id\":\"p\",\"type\":\"t\",\"payload\":1,\"priority\":1} | priority",
        "{\"id\":\"p\",\"type\":\"t\",\"payload\":{\"x\":\"\\ud800\"}} | payload.x",
        "{\"id\":\"p\",\"type\":\"t\",\"payload\":1,\"payload\":2} | payload"
      })
  void aBadBodyIsRefusedByItsField(String body, String field) {
    assertInvalid(RawHttp.post(port, PATH, body), field);
  }

  @Test
  void anIdOfTenKibibytesIsRefused() {
    assertInvalid(RawHttp.post(port, PATH, GOOD.replace("good", "x".repeat(10_240))), "id");
    String longest = "x".repeat(128);
    assertThat(RawHttp.post(port, PATH, GOOD.replace("good", longest)).status()).isEqualTo(202);
    assertInvalid(RawHttp.get(port, PATH + "/" + longest + "x"), "id");
  }

  @Test
  void aPayloadOfOneMebibyteIsRefused() {
    String payload = "\"" + "x".repeat(1024 * 1024) + "\"";
    String body = "{\"id\":\"p\",\"type\":\"t\",\"payload\":" + payload + "}";
    Answer answer = RawHttp.post(port, PATH, body);
    assertThat(answer.status()).isEqualTo(413);
    assertThat(answer.json().getString("field")).isEqualTo("body");
    assertThat(answer.json().getString("detail")).contains("http.body_limit");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[", "{\"a\":"})
  void aDeepPayloadIsRefused(String open) {
    String body = "{\"id\":\"p\",\"type\":\"t\",\"payload\":" + open.repeat(5_000);
    assertInvalid(RawHttp.post(port, PATH, body), "body");
  }

  @Test
  void bytesThatAreNoTextAreRefused() {
    byte[] body = GOOD.replace("good", "p\u00ff").getBytes(StandardCharsets.ISO_8859_1);
    assertInvalid(RawHttp.send(port, "POST", PATH, "application/json", body), "body");
  }

  @Test
  void aWrongMethodIsToldTheRightOne() {
    Answer answer = RawHttp.get(port, PATH);
    assertThat(answer.status()).isEqualTo(405);
    assertThat(answer.headers()).containsEntry("allow", "POST");
    assertThat(RawHttp.post(port, PATH + "/p", GOOD).status()).isEqualTo(405);
  }

  private static void assertInvalid(Answer answer, String field) {
    assertThat(answer.status()).describedAs(answer.body()).isEqualTo(400);
    assertThat(answer.headers()).containsEntry("content-type", "application/problem+json");
    assertThat(answer.json().getString("field")).isEqualTo(field);
    assertThat(answer.json().getString("detail")).startsWith(field + ": ");
  }
}
