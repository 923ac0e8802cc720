package io.ovation.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class RedisServerIT {

  @Test
  void whatWasWrittenSurvivesAKill() throws IOException {
    try (RedisServer redis = new RedisServer()) {
      assertThat(ask(redis, "SET a b")).isEqualTo("+OK");
      redis.restart();
      assertThat(ask(redis, "STRLEN a")).isEqualTo(":1");
    }
  }

  @Test
  void aPausedServerIsSilentUntilItIsResumed() throws IOException {
    try (RedisServer redis = new RedisServer()) {
      redis.pause();
      assertThatThrownBy(() -> ask(redis, "PING")).isInstanceOf(SocketTimeoutException.class);
      redis.resume();
      assertThat(ask(redis, "PING")).isEqualTo("+PONG");
    }
  }

  private static String ask(RedisServer redis, String command) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), redis.port())) {
      socket.setSoTimeout(500);
      socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
      byte[] answer = new byte[64];
      int length = socket.getInputStream().read(answer);
      return new String(answer, 0, length, StandardCharsets.US_ASCII).trim();
    }
  }
}
