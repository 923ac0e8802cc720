package io.ovation.queue.rabbit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostNameTrustManagerTest {
  private static final char[] PASSWORD = "changeit".toCharArray();

  @TempDir Path dir;

  @Test
  void trustedCertificateIsAcceptedForItsOwnHostOnly() throws Exception {
    KeyStore keys = certificateFor("localhost");
    try (SSLServerSocket server = serve(keys)) {
      connect(new HostNameTrustManager(keys), "localhost", server.getLocalPort());
      assertThatThrownBy(
              () -> connect(new HostNameTrustManager(keys), "127.0.0.1", server.getLocalPort()))
          .isInstanceOf(SSLHandshakeException.class)
          .hasMessageContaining("127.0.0.1");
    }
  }

  @Test
  void certificateOfAnUnknownIssuerIsRefused() throws Exception {
    try (SSLServerSocket server = serve(certificateFor("localhost"))) {
      assertThatThrownBy(
              () -> connect(new HostNameTrustManager(null), "localhost", server.getLocalPort()))
          .isInstanceOf(SSLHandshakeException.class);
    }
  }

  /** Connects as the AMQP client does: a socket first, its host and port after. */
  private static void connect(TrustManager trust, String host, int port) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {trust}, null);
    try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket()) {
      socket.connect(new InetSocketAddress(host, port), 5_000);
      socket.setSoTimeout(5_000);
      socket.startHandshake();
    }
  }

  private static SSLServerSocket serve(KeyStore keys) throws Exception {
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    SSLServerSocket server =
        (SSLServerSocket)
            context.getServerSocketFactory().createServerSocket(0, 5, InetAddress.getByName(null));
    Thread accepting = new Thread(() -> accept(server), "tls-server");
    accepting.setDaemon(true);
    accepting.start();
    return server;
  }

  private static void accept(SSLServerSocket server) {
    while (!server.isClosed()) {
      try (Socket socket = server.accept()) {
        socket.getInputStream().read();
      } catch (IOException e) {
        // The client refused the certificate, or the test is over.
      }
    }
  }

  private KeyStore certificateFor(String host) throws Exception {
    Path file = dir.resolve("keys.p12");
    String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    Process process =
        new ProcessBuilder(
                keytool,
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass",
                new String(PASSWORD),
                "-dname",
                "CN=" + host,
                "-ext",
                "SAN=dns:" + host)
            .inheritIO()
            .start();
    assertThat(process.waitFor()).isZero();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      keys.load(in, PASSWORD);
    }
    // Trusted too, which a key entry alone is not.
    keys.setCertificateEntry("trusted", keys.getCertificate("server"));
    return keys;
  }
}
