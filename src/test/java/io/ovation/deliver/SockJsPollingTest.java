package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.RawHttp;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** SockJS sessions whose polls arrive on one event loop after the other, without a pause. */
class SockJsPollingTest {
  private final DeliveryFixture stage =
      new DeliveryFixture(DeliveryFixture.DEFAULT, 4, UnaryOperator.identity());

  @AfterEach
  void close() {
    stage.close();
  }

  @Test
  void aSecondPollThatComesAtOnceBelongsToTheSession() throws IOException {
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      String session = "/live/0/s" + i;
      try (Socket first = new Socket("127.0.0.1", stage.port);
          Socket second = new Socket("127.0.0.1", stage.port)) {
        poll(first, session);
        await(first, "o\n");
        poll(second, session);
        RawHttp.send(
            stage.port,
            "POST",
            session + "/xhr_send",
            "",
            "[\"{\\\"type\\\":\\\"ping\\\"}\"]".getBytes());
        String answer = await(second, "]\n");
        if (!answer.contains("pong")) {
          wrong.add(answer);
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  private static void poll(Socket socket, String session) throws IOException {
    socket.setSoTimeout(10_000);
    String head = RawHttp.head("POST", session + "/xhr", "", 0);
    socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
  }

  /** Reads until the text has come, or the connection ends. */
  private static String await(Socket socket, String text) throws IOException {
    StringBuilder read = new StringBuilder();
    InputStream in = socket.getInputStream();
    for (int b = in.read(); b >= 0; b = in.read()) {
      read.append((char) b);
      if (read.indexOf("\r\n\r\n") > 0 && read.indexOf(text, read.indexOf("\r\n\r\n")) > 0) {
        break;
      }
    }
    return read.toString();
  }
}
