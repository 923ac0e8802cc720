package io.ovation.store.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedisAddressTest {
  @Test
  void oneRedis() {
    assertThat(RedisAddress.of("redis://h"))
        .isEqualTo(new RedisAddress(false, List.of("h:6379"), null, null, null, null, 0));
    assertThat(RedisAddress.of("rediss://u:p@[::1]:7000/3"))
        .isEqualTo(new RedisAddress(true, List.of("[::1]:7000"), null, "u", "p", null, 3));
  }

  @Test
  void thePrimaryOfSomeSentinels() {
    assertThat(RedisAddress.of("redis+sentinel://:p@a:1,b/mymaster/2?sentinel_password=s%40"))
        .isEqualTo(
            new RedisAddress(false, List.of("a:1", "b:26379"), "mymaster", null, "p", "s@", 2));
    assertThat(RedisAddress.of("redis+sentinel://a:1,b:2/m").text())
        .isEqualTo("\"m\" of the Sentinels a:1,b:2");
  }

  @ParameterizedTest
  @CsvSource({
    "redis://:p%40s%2Fw%3A%25@h, p@s/w:%",
    "redis://:p@s/w:%@h, p@s/w:%",
    "redis://:a+b%2Bc?d#e@h, a+b+c?d#e",
    "redis://:100%@h, 100%",
    "redis://pw@h, pw"
  })
  void aPasswordMayHaveAnyCharacters(String uri, String password) {
    RedisAddress address = RedisAddress.of(uri);
    assertThat(address.password()).isEqualTo(password);
    assertThat(address.hosts()).containsExactly("h:6379");
    assertThat(address.text()).isEqualTo("h:6379");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "h:6379",
        "amqp://:secret@h",
        "redis://:secret@",
        "redis://:secret@h/x",
        "redis://:secret@a:1,b:2",
        "redis+sentinel://:secret@a:1,b:2",
        "redis+sentinel://:secret@a:1,b:2/"
      })
  void whatIsWrongIsSaidWithoutThePassword(String uri) {
    assertThatThrownBy(() -> RedisAddress.of(uri))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("redis.uri: ")
        .hasMessageNotContaining("secret");
  }
}
