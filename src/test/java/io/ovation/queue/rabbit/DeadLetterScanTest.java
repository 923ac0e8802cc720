package io.ovation.queue.rabbit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.BasicProperties;
import com.rabbitmq.client.Envelope;
import io.ovation.queue.rabbit.RabbitDeadLetters.Verdict;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.rabbitmq.RabbitMQClient;
import io.vertx.rabbitmq.RabbitMQMessage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeadLetterScanTest {
  private final ArrayDeque<Long> tags = new ArrayDeque<>();
  private final List<String> shown = new ArrayList<>();
  private final List<String> calls = new ArrayList<>();

  private final RabbitMQClient client =
      RecordingChannel.proxy(
          RabbitMQClient.class,
          (proxy, method, arguments) -> {
            if (method.getName().equals("basicGet")) {
              Long tag = tags.poll();
              return Future.succeededFuture(tag == null ? null : new Letter(tag, tags.size()));
            }
            calls.add(method.getName() + " " + arguments[0]);
            return Future.succeededFuture();
          });

  @Test
  void allLettersAreShownAndGivenBack() throws Exception {
    tags.addAll(List.of(41L, 42L, 43L));
    assertThat(scan(Verdict.KEEP)).isEqualTo(3);
    assertThat(shown).containsExactly("letter 41", "letter 42", "letter 43");
    assertThat(calls).containsExactly("basicNack 0");
  }

  @Test
  void removedLetterIsAckedAndTheScanStops() throws Exception {
    tags.addAll(List.of(1L, 2L, 3L));
    assertThat(scan(Verdict.REMOVE_AND_STOP)).isEqualTo(2);
    assertThat(shown).containsExactly("letter 1");
    assertThat(calls).containsExactly("basicAck 1", "basicNack 0");
  }

  @Test
  void failedVisitGivesTheLetterBack() throws Exception {
    tags.addAll(List.of(1L, 2L));
    RabbitDeadLetters.Visitor failing =
        letter -> {
          throw new IllegalStateException("not confirmed");
        };
    assertThatThrownBy(() -> RabbitDeadLetters.scan(client, "queue", failing))
        .hasMessage("not confirmed");
    assertThat(calls).containsExactly("basicNack 0");
  }

  @Test
  void newChannelEndsTheScanBeforeATagIsTakenForAnotherLettersOne() throws Exception {
    tags.addAll(List.of(1L, 2L, 1L, 2L));
    assertThatThrownBy(() -> scan(Verdict.KEEP)).hasMessageContaining("channel");
    assertThat(shown).containsExactly("letter 1", "letter 2");
    assertThat(calls).containsExactly("basicNack 0");
  }

  private long scan(Verdict verdict) throws Exception {
    return RabbitDeadLetters.scan(
        client,
        "queue",
        letter -> {
          shown.add(new String(letter.body(), StandardCharsets.UTF_8));
          return verdict;
        });
  }

  private record Letter(long tag, Integer messageCount) implements RabbitMQMessage {
    @Override
    public Buffer body() {
      return Buffer.buffer("letter " + tag);
    }

    @Override
    public String consumerTag() {
      return "";
    }

    @Override
    public Envelope envelope() {
      return new Envelope(tag, false, "", "queue");
    }

    @Override
    public BasicProperties properties() {
      return Publisher.PERSISTENT;
    }
  }
}
