package io.ovation.http.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.MultiMap;
import io.vertx.core.net.SocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClientAddressesTest {
  private final ClientAddresses clients =
      new ClientAddresses(List.of("10.0.0.0/8", "192.0.2.7", "fd00::/8"));

  private String of(String peer, String header, String... values) {
    MultiMap headers = MultiMap.caseInsensitiveMultiMap();
    for (String value : values) {
      headers.add(header, value);
    }
    return clients.of(SocketAddress.inetSocketAddress(1, peer), headers);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // Nobody trusts a client's own word.
        "203.0.113.9 | 198.51.100.1           | 203.0.113.9",
        "10.1.2.3    | 198.51.100.1           | 198.51.100.1",
        "192.0.2.7   | 198.51.100.1           | 198.51.100.1",
        "192.0.2.8   | 198.51.100.1           | 192.0.2.8",
        // What stands left of the first that is not a proxy was said by the client.
        "10.1.2.3    | 1.1.1.1, 198.51.100.1  | 198.51.100.1",
        "10.1.2.3    | 1.1.1.1, 198.51.100.1, 10.9.9.9 | 198.51.100.1",
        "10.1.2.3    | 1.1.1.1, nonsense, 10.9.9.9     | 10.9.9.9",
        "10.1.2.3    | ''                     | 10.1.2.3",
        "10.1.2.3    | unknown                | 10.1.2.3",
        "10.1.2.3    | 198.51.100.1:4711      | 198.51.100.1",
        "10.1.2.3    | [2001:db8:1:2::9]:80   | 2001:db8:1:2::/64",
        "10.1.2.3    | 2001:db8:1:2:3::9      | 2001:db8:1:2::/64",
        "fd00:0:0:0:0:0:0:1 | 198.51.100.1    | 198.51.100.1",
        "10.1.2.3    | ::ffff:198.51.100.1    | 198.51.100.1",
        "10.1.2.3    | 10.4.4.4, 10.5.5.5     | 10.4.4.4",
      })
  void xForwardedForIsReadFromTheRightAsFarAsItIsTrusted(
      String peer, String header, String client) {
    assertThat(of(peer, "X-Forwarded-For", header)).isEqualTo(client);
  }

  @Test
  void severalHeadersAreOneList() {
    assertThat(of("10.1.2.3", "X-Forwarded-For", "1.1.1.1, 198.51.100.1", "10.9.9.9"))
        .isEqualTo("198.51.100.1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "for=198.51.100.1;proto=https;by=203.0.113.43 | 198.51.100.1",
        "For=\"[2001:db8:1:2::9]:4711\"               | 2001:db8:1:2::/64",
        "for=1.1.1.1, for=198.51.100.1, FOR=10.9.9.9  | 198.51.100.1",
        "for=_hidden                                  | 10.1.2.3",
        "proto=https                                  | 10.1.2.3",
      })
  void forwardedIsReadWhereThereIsNoXForwardedFor(String header, String client) {
    assertThat(of("10.1.2.3", "Forwarded", header)).isEqualTo(client);
  }

  @Test
  void aListWithoutAnEndCostsNoMoreThanSixteenHops() {
    assertThat(
            of(
                "10.1.2.3",
                "X-Forwarded-For",
                "198.51.100.1, " + "10.0.0.1, ".repeat(20) + "10.0.0.2"))
        .isEqualTo("10.0.0.1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.0/33", "10.0.0", "::/129", "x", "10.0.0.0/"})
  void whatIsNoRangeIsRefused(String range) {
    assertThatThrownBy(() -> new ClientAddresses(List.of(range)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(range);
  }
}
