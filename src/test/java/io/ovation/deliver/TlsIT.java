package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Viewers over the server's own TLS, whose certificate is replaced while they stay. */
class TlsIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir Path directory;

  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
  private final Vertx vertx = Vertx.vertx();
  private final WebSocketClient client =
      vertx.createWebSocketClient(
          new WebSocketClientOptions().setSsl(true).setTrustAll(true).setVerifyHost(false));

  @BeforeEach
  void readLog() {
    logged.start();
    ((Logger) LoggerFactory.getLogger(HttpServers.class.getPackageName())).addAppender(logged);
  }

  @AfterEach
  void stopReading() {
    ((Logger) LoggerFactory.getLogger(HttpServers.class.getPackageName())).detachAppender(logged);
  }

  @Test
  void aNewCertificateServesNewConnectionsAndOpenOnesStay() throws Exception {
    pair("first", 2);
    pair("second", 5);
    use("first", "first");
    serve(
        (port, metrics) -> {
          Await.until("when it expires", LIMIT, () -> daysLeft(metrics) > 0);
          assertThat(daysLeft(metrics)).isBetween(1.9, 2.0);
          use("second", "second");
          Await.until("the new certificate", LIMIT, () -> newest(port).contains("CN=second"));
          Await.until("when the new one expires", LIMIT, () -> daysLeft(metrics) > 4.9);
        });
  }

  @Test
  void aPairThatCanNotBeUsedIsLoggedAndTheOneBeforeStaysUntilAGoodOneComes() throws Exception {
    pair("first", 2);
    pair("second", 5);
    pair("third", 9);
    Files.writeString(directory.resolve("damaged.key"), "-----BEGIN PRIVATE KEY-----\nMIIE\n");
    Files.writeString(directory.resolve("damaged.crt"), "no certificate");
    use("first", "first");
    serve(
        (port, metrics) -> {
          Await.until("when it expires", LIMIT, () -> daysLeft(metrics) > 0);
          int logged = 0;
          for (List<String> bad :
              List.of(
                  // The new certificate came without its key.
                  List.of("second", "first"),
                  List.of("second", "damaged"),
                  List.of("damaged", "second"))) {
            use(bad.get(0), bad.get(1));
            int before = logged;
            Await.until(bad + " in the log", LIMIT, () -> refusals().size() > before);
            logged = refusals().size();
            assertThat(newest(port)).as(bad.toString()).contains("CN=first");
            assertThat(daysLeft(metrics)).as(bad.toString()).isBetween(1.9, 2.0);
          }
          assertThat(logged).as("each is logged once").isEqualTo(3);
          use("third", "third");
          Await.until("the good one", LIMIT, () -> newest(port).contains("CN=third"));
          Await.until("when the good one expires", LIMIT, () -> daysLeft(metrics) > 8.9);
        });
  }

  /** What the log says of pairs that can't be used. */
  private List<String> refusals() {
    return List.copyOf(logged.list).stream()
        .filter(event -> event.getLevel() == Level.WARN)
        .map(ILoggingEvent::getFormattedMessage)
        .filter(line -> line.contains("can't be used") && line.contains("certificate before stays"))
        .toList();
  }

  private interface Steps {
    void run(int port, Metrics metrics) throws Exception;
  }

  /** Serves with the first certificate, to a viewer that stays connected through the steps. */
  private void serve(Steps steps) throws Exception {
    int port = Ports.free();
    FakeSubscriptions supervisor = new FakeSubscriptions();
    Metrics metrics = new Metrics();
    try {
      HttpServers http =
          new HttpServers(
              vertx,
              HttpSettings.of(port, 65_536)
                  .idleTimeout(Duration.ofSeconds(75))
                  .tls(file("certificate.pem"), file("key.pem"))
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
      List<String> received = new CopyOnWriteArrayList<>();
      open.textMessageHandler(received::add);
      open.writeTextMessage("{\"type\":\"watch\",\"stream\":\"s\",\"user\":\"bob\"}");
      Await.until("watching", LIMIT, () -> received.toString().contains("watching"));
      steps.run(port, metrics);
      open.writeTextMessage("{\"type\":\"ping\"}");
      Await.until("pong", LIMIT, () -> received.toString().contains("pong"));
      await(open.close());
      await(http.close());
    } finally {
      await(vertx.close());
      supervisor.close();
    }
  }

  private String file(String name) {
    return directory.resolve(name).toString();
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

  private void use(String certificate, String key) throws Exception {
    StandardCopyOption replace = StandardCopyOption.REPLACE_EXISTING;
    Path from = directory.resolve(certificate + ".crt");
    Files.copy(from, directory.resolve("certificate.pem"), replace);
    Files.copy(directory.resolve(key + ".key"), directory.resolve("key.pem"), replace);
  }

  private static <T> T await(Future<T> future) {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
