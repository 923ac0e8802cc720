package io.ovation.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tools that break things do what they say. */
class FaultToolsIT {
  private static final int LIMIT_MS = 20_000;

  @TempDir Path dir;

  @Test
  void aCutProxyForwardsNothingAndClosesNothingAndLosesNothing() throws Exception {
    Vertx vertx = Vertx.vertx();
    try (ServerSocket echo = new ServerSocket(Ports.free());
        FaultProxy proxy =
            new FaultProxy(
                vertx,
                "127.0.0.1",
                Ports.free(),
                () -> SocketAddress.inetSocketAddress(echo.getLocalPort(), "127.0.0.1"));
        Socket client = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        Socket server = echo.accept()) {
      say(client, "a");
      assertThat(hear(server, LIMIT_MS)).isEqualTo('a');
      proxy.cut();
      say(client, "b");
      assertThatThrownBy(() -> hear(server, 300)).isInstanceOf(SocketTimeoutException.class);
      proxy.heal();
      assertThat(hear(server, LIMIT_MS)).isEqualTo('b');
      say(server, "c");
      assertThat(hear(client, LIMIT_MS)).isEqualTo('c');
    } finally {
      vertx.close().await(20, TimeUnit.SECONDS);
    }
  }

  private static void say(Socket to, String what) throws IOException {
    to.getOutputStream().write(what.getBytes(StandardCharsets.US_ASCII));
  }

  private static int hear(Socket from, int limitMs) throws IOException {
    from.setSoTimeout(limitMs);
    return from.getInputStream().read();
  }

  @Test
  void aFaultyClockIsAheadForItsProcessAlone() throws Exception {
    FaultyClock clock = new FaultyClock(dir.resolve("clock"));
    assertThat(Duration.between(Instant.now(), date(clock))).isLessThan(Duration.ofMinutes(10));
    clock.step(Duration.ofHours(25));
    assertThat(Duration.between(Instant.now(), date(clock))).isGreaterThan(Duration.ofHours(24));
    clock.step(Duration.ofHours(-1));
    assertThat(date(clock)).isBefore(Instant.now().minusSeconds(1_800));
  }

  private static Instant date(FaultyClock clock) throws Exception {
    ProcessBuilder builder = new ProcessBuilder("date", "+%s");
    builder.environment().putAll(clock.environment());
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    assertThat(process.waitFor()).isZero();
    return Instant.ofEpochSecond(Long.parseLong(said.strip()));
  }

  @Test
  void aRedisThatLosesItsLastSecondHasWhatItHadBefore() throws Exception {
    try (RedisServer redis = new RedisServer()) {
      AtomicInteger confirmed = new AtomicInteger();
      command(redis, "SET before 1");
      Thread writer =
          new Thread(
              () -> {
                while (redis.alive()) {
                  String set = "SET during" + confirmed.get() + " 1";
                  confirmed.addAndGet(command(redis, set).equals("+OK") ? 1 : 0);
                }
              });
      writer.start();
      Await.until("writes", Duration.ofSeconds(20), () -> confirmed.get() > 10);
      redis.loseLast(Duration.ofSeconds(1));
      writer.join();
      redis.start();
      assertThat(command(redis, "EXISTS before")).isEqualTo(":1");
      int kept = Integer.parseInt(command(redis, "DBSIZE").substring(1));
      assertThat(kept).isBetween(10, confirmed.get());
    }
  }

  private static String command(RedisServer redis, String command) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), redis.port())) {
      say(socket, command + "\r\n");
      byte[] answer = new byte[100];
      int size = socket.getInputStream().read(answer);
      return size < 0 ? "" : new String(answer, 0, size, StandardCharsets.US_ASCII).strip();
    } catch (IOException killed) {
      return "";
    }
  }
}
