package io.ovation.queue.rabbit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovation.config.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AmqpUriTest {
  @ParameterizedTest
  @ValueSource(strings = {"", "/", "//", "/%2f", "/%2F"})
  void noVhostAnEmptyOneAndASlashAreTheDefaultVhost(String end) {
    assertThat(AmqpUri.parse("amqp://u:p@h" + end).vhost()).isEqualTo("/");
  }

  @Test
  void reservedCharactersArePercentEncoded() {
    AmqpUri uri = AmqpUri.parse("amqp://o%40n:p%2F%3A%40%2C+%25@h:5673/a%2Fb");
    assertThat(uri.user()).isEqualTo("o@n");
    assertThat(uri.password()).isEqualTo("p/:@,+%");
    assertThat(uri.vhost()).isEqualTo("a/b");
    assertThat(uri.servers()).isEqualTo("h:5673");
  }

  @Test
  void severalHostsShareUserPasswordAndVhost() {
    AmqpUri uri = AmqpUri.parse("amqp://u:p@a,b:5673,[::1]:5674/live");
    assertThat(uri.servers()).isEqualTo("a:5672, b:5673, [::1]:5674");
    assertThat(uri.vhost()).isEqualTo("live");
    assertThat(AmqpUri.parse("amqps://u:p@a/live,amqps://u:p@b/live").servers())
        .isEqualTo("a:5671, b:5671");
  }

  @Test
  void userAndPasswordAreGuestWithoutOne() {
    assertThat(AmqpUri.parse("amqp://h").user()).isEqualTo("guest");
    assertThat(AmqpUri.parse("amqp://h").password()).isEqualTo("guest");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "amqp://u:se/cret@h",
        "amqp://u:se@cret@h",
        "amqp://u:secret#1@h",
        "amqp://u:secret@h/v?x=1",
        "amqp://u:secret%zz@h",
        "amqp://u:secret@h/a/b",
        "amqp://u:secret@h:70000",
        "amqp://u:secret@a/v,amqp://u:secret@b/w",
        "amqp://u:secret@a,amqp://u:secret2@b",
        "amqp://u:secret@a,amqps://u:secret@b",
        "amqp://u:secret@a,",
        "u:secret@h"
      })
  void whatCanNotBeReadIsRefusedWithoutThePassword(String uri) {
    assertThatThrownBy(() -> AmqpUri.parse(uri))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("OVATION_RABBITMQ_URI")
        .hasMessageNotContaining("cret");
  }
}
