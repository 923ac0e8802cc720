package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.auth.AccessControl;
import io.ovation.http.HttpServers;
import io.ovation.metrics.Metrics;
import io.ovation.moderation.hooks.WatchHook;
import io.ovation.testkit.Await;
import io.ovation.testkit.HttpSettings;
import io.ovation.testkit.Ports;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Viewers over the server's own TLS, whose certificate is replaced while they stay. */
class TlsIT {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir Path directory;

  private final Vertx vertx = Vertx.vertx();
  private final WebSocketClient client =
      vertx.createWebSocketClient(
          new WebSocketClientOptions().setSsl(true).setTrustAll(true).setVerifyHost(false));

  @Test
  void aNewCertificateServesNewConnectionsAndOpenOnesStay() throws Exception {
    pair("first", 2);
    Path certificate = directory.resolve("certificate.pem");
    Path key = directory.resolve("key.pem");
    use("first", certificate, key);
    int port = Ports.free();
    FakeSubscriptions supervisor = new FakeSubscriptions();
    Metrics metrics = new Metrics();
    try {
      HttpServers http =
          new HttpServers(
              vertx,
              HttpSettings.of(port, 65_536)
                  .idleTimeout(Duration.ofSeconds(75))
                  .tls(certificate.toString(), key.toString())
                  .build(),
              65_536,
              metrics);
      DeliveryService service =
          new DeliveryService(
              supervisor,
              new FakeSubmissions(),
              AccessControl.onTrust(),
              WatchHook.NONE,
              DeliveryFixture.DEFAULT,
              "test",
              new Metrics());
      await(service.deploy(vertx));
      await(http.mount(service));
      await(http.listen());

      WebSocket open = connect(port);
      assertThat(name(open)).contains("CN=first");
      Await.until("when it expires", LIMIT, () -> daysLeft(metrics) > 0);
      assertThat(daysLeft(metrics)).isBetween(1.9, 2.0);
      List<String> received = new CopyOnWriteArrayList<>();
      open.textMessageHandler(received::add);
      open.writeTextMessage("{\"type\":\"watch\",\"stream\":\"s\",\"user\":\"bob\"}");
      Await.until("watching", LIMIT, () -> received.toString().contains("watching"));

      pair("second", 5);
      use("second", certificate, key);
      Await.until("the new certificate", LIMIT, () -> newest(port).contains("CN=second"));
      Await.until("when the new one expires", LIMIT, () -> daysLeft(metrics) > 4.9);
      open.writeTextMessage("{\"type\":\"ping\"}");
      Await.until("pong", LIMIT, () -> received.toString().contains("pong"));
      await(open.close());
      await(http.close());
    } finally {
      await(vertx.close());
      supervisor.close();
    }
  }

  private WebSocket connect(int port) {
    return await(
        client.connect(
            new WebSocketConnectOptions()
                .setHost("127.0.0.1")
                .setPort(port)
                .setURI("/live/websocket")));
  }

  /** The name in the certificate that a new connection gets. */
  private String newest(int port) {
    WebSocket socket = connect(port);
    String name = name(socket);
    await(socket.close());
    return name;
  }

  private static String name(WebSocket socket) {
    try {
      X509Certificate first = (X509Certificate) socket.peerCertificates().get(0);
      return first.getSubjectX500Principal().getName();
    } catch (javax.net.ssl.SSLPeerUnverifiedException e) {
      throw new AssertionError(e);
    }
  }

  private static double daysLeft(Metrics metrics) {
    double end = metrics.sum("ovation.http.certificate.expiry.timestamp.seconds");
    return (end - System.currentTimeMillis() / 1_000.0) / 86_400;
  }

  private void pair(String name, int days) throws Exception {
    Process openssl =
        new ProcessBuilder(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                Integer.toString(days),
                "-subj",
                "/CN=" + name,
                "-keyout",
                name + ".key",
                "-out",
                name + ".crt")
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(openssl.waitFor()).isZero();
  }

  private void use(String name, Path certificate, Path key) throws Exception {
    StandardCopyOption replace = StandardCopyOption.REPLACE_EXISTING;
    Files.copy(directory.resolve(name + ".crt"), certificate, replace);
    Files.copy(directory.resolve(name + ".key"), key, replace);
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
