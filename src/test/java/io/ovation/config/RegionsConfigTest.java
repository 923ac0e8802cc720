package io.ovation.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegionsConfigTest {
  private static final Map<String, String> SERVERS =
      Map.of(
          "OVATION_REGION", "a",
          "OVATION_RABBITMQ_URI", "amqp://u:p@rabbit.a:5672",
          "OVATION_REDIS_URI", "redis://redis.a");

  @Test
  void regionsComeFromAnySource() {
    JsonObject conf =
        new JsonObject(
            """
            {"regions":{"b.1":{"queue":"amqp://h"},"c":{"queue":["amqp://x","amqp://y"]},
             "outbox_age":"2h","outbox_bytes":"1MiB"}}""");
    Config.Regions regions = load(conf, "OVATION_REGIONS_B_1_QUEUE", "amqp://i").regions();
    assertThat(regions.queues()).isEqualTo(Map.of("b.1", "amqp://i", "c", "amqp://x,amqp://y"));
    assertThat(regions.outboxAge()).hasHours(2);
    assertThat(regions.outboxBytes()).isEqualTo(1 << 20);
    assertThat(regions.toString()).doesNotContain("amqp");
    assertThat(load(null, "OVATION_REGIONS_FAR_EAST_QUEUE", "amqp://i").regions().queues())
        .containsOnlyKeys("far-east");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"a\":{\"queue\":\"amqp://h\"}}                | names this region itself",
        "{\"b\":{\"queue\":\"amqp://x@RABBIT.A\"}}       | own RabbitMQ",
        "{\"b\":{\"queue\":\"amqp://x,amqp://rabbit.a/%2f\"}} | own RabbitMQ",
        "{\"b\":{\"queue\":\"amqp://h\"},\"c\":{\"queue\":\"amqp://h:5672/\"}} | same RabbitMQ",
        "{\"b\":{\"queue\":\"amqp://h\"},\"B\":{\"queue\":\"amqp://i\"}} | Name each region once",
        "{\"b\":{\"queue\":\"http://h\"}}                | regions.b.queue",
        "{\"b\":{\"queue\":\"\"}}                        | regions.b.queue",
        "{\"b\":{\"que\":\"amqp://h\"}}                  | the one key queue",
        "{\"b\":\"amqp://h\"}                            | the one key queue",
        "{\"b c\":{\"queue\":\"amqp://h\"}}              | a region's name",
        "{\"outbox_bytes\":\"1KiB\"}                     | regions.outbox_bytes",
        "{\"outbox_age\":\"0s\"}                         | regions.outbox_age"
      })
  void regionsThatCannotBeAreRefusedWithTheReason(String regions, String reason) {
    JsonObject conf = new JsonObject().put("regions", new JsonObject(regions));
    assertThatThrownBy(() -> load(conf, "PATH", ""))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void anotherVhostOfTheOwnBrokerIsAnotherBroker() {
    assertThat(load(null, "OVATION_REGIONS_B_QUEUE", "amqp://rabbit.a/b").regions().queues())
        .hasSize(1);
  }

  @Test
  void regionsNeedRabbitAndRedis() {
    Map<String, String> environment = Map.of("OVATION_REGIONS_B_QUEUE", "amqp://h");
    assertThatThrownBy(() -> new ConfigLoader(null, environment).load(null))
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll("embedded", "OVATION_RABBITMQ_URI", "OVATION_REDIS_URI");
  }

  private static Config load(@Nullable JsonObject conf, String variable, String value) {
    Map<String, String> environment = new HashMap<>(SERVERS);
    environment.put(variable, value);
    return new ConfigLoader(null, environment).load(conf).config();
  }
}
