package io.ovation.testkit;

import io.ovation.config.Config;
import java.time.Duration;
import java.util.List;

/** Settings of the HTTP servers for tests, on the loopback address. */
public final class HttpSettings {
  private final int port;
  private final long bodyLimit;
  private Duration headerTimeout = Duration.ofSeconds(10);
  private Duration idleTimeout = Duration.ofSeconds(60);
  private int connectionsPerAddress;
  private long bodiesLimit = 64 << 20;
  private List<String> origins = List.of("*");
  private Config.Tls tls = new Config.Tls("", "");

  private HttpSettings(int port, long bodyLimit) {
    this.port = port;
    this.bodyLimit = bodyLimit;
  }

  public static HttpSettings of(int port, long bodyLimit) {
    return new HttpSettings(port, bodyLimit);
  }

  public HttpSettings headerTimeout(Duration of) {
    headerTimeout = of;
    return this;
  }

  public HttpSettings idleTimeout(Duration of) {
    idleTimeout = of;
    return this;
  }

  public HttpSettings connectionsPerAddress(int most) {
    connectionsPerAddress = most;
    return this;
  }

  public HttpSettings bodiesLimit(long bytes) {
    bodiesLimit = bytes;
    return this;
  }

  public HttpSettings origins(String... of) {
    origins = List.of(of);
    return this;
  }

  public HttpSettings tls(String certificate, String key) {
    tls = new Config.Tls(certificate, key);
    return this;
  }

  public Config.Http build() {
    return new Config.Http(
        "127.0.0.1",
        port,
        4 << 10,
        16 << 10,
        bodyLimit,
        bodiesLimit,
        connectionsPerAddress,
        headerTimeout,
        idleTimeout,
        origins,
        List.of(),
        tls);
  }
}
