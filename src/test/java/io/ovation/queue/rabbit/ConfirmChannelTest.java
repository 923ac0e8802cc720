package io.ovation.queue.rabbit;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import io.ovation.queue.rabbit.ConfirmChannel.PendingPublish;
import io.ovation.testkit.Await;
import io.vertx.core.Promise;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@SuppressWarnings("NullAway.Init") // publishFour comes first.
class ConfirmChannelTest {
  private final RecordingChannel broker = new RecordingChannel();
  private final List<String> confirmed = new ArrayList<>();
  private final List<String> failed = new ArrayList<>();
  private ConfirmChannel channel;

  @BeforeEach
  void publishFour() throws IOException {
    channel =
        new ConfirmChannel(
            broker.channel,
            items -> items.forEach(item -> confirmed.add(item.key())),
            (items, why) -> items.forEach(item -> failed.add(item.key() + " " + why)));
    for (int i = 1; i <= 4; i++) {
      channel.publish(item("item" + i, 10L * i), i);
    }
  }

  private static PendingPublish item(String key, long deadline) {
    return new PendingPublish(
        "",
        key,
        new byte[0],
        Publisher.PERSISTENT,
        true,
        Promise.promise(),
        deadline,
        new AtomicBoolean());
  }

  @Test
  void singleConfirmIsForOneItem() throws IOException {
    broker.ack(2, false);
    assertThat(confirmed).containsExactly("item2");
    broker.ack(2, false);
    assertThat(confirmed).containsExactly("item2");
    assertThat(confirmed).hasSize(1);
  }

  @Test
  void multipleConfirmIsForAllUpToItsNumber() throws IOException {
    broker.ack(2, false);
    broker.ack(3, true);
    assertThat(confirmed).containsExactly("item2", "item1", "item3");
    broker.ack(4, true);
    assertThat(confirmed).hasSize(4);
    assertThat(channel.takeAll()).isEmpty();
  }

  @Test
  void returnedItemFailsAndTheConfirmThatFollowsHasNoEffect() throws IOException {
    broker.returnItem(3);
    broker.ack(4, true);
    assertThat(failed).containsExactly("item3 NO_QUEUE");
    assertThat(confirmed).containsExactly("item1", "item2", "item4");
  }

  @Test
  void nackedItemsAreRefused() throws IOException {
    broker.nack(2, true);
    broker.ack(4, true);
    assertThat(failed).containsExactly("item1 REFUSED", "item2 REFUSED");
    assertThat(confirmed).containsExactly("item3", "item4");
  }

  @Test
  void lostConnectionFailsEveryOutstandingItemOnce() throws IOException {
    broker.ack(1, false);
    broker.loseConnection();
    assertThat(failed)
        .containsExactly("item2 CONNECTION_LOST", "item3 CONNECTION_LOST", "item4 CONNECTION_LOST");
    assertThat(channel.usable()).isFalse();
    broker.ack(4, true); // What the client had read before it noticed.
    assertThat(confirmed).containsExactly("item1");
    assertThat(channel.takeAll()).isEmpty();
  }

  @Test
  void channelClosedForAMissingExchangeEndsTheConnectionToo() {
    broker.closeByBroker(AMQP.NOT_FOUND);
    assertThat(failed).hasSize(4).allMatch(text -> text.endsWith("NO_EXCHANGE"));
    Await.until("abort", Duration.ofSeconds(10), () -> broker.calls.contains("connection.abort"));
  }

  @Test
  void keyThatNeverHadAConfirmStallsTheChannel() throws IOException {
    broker.ack(1, false);
    assertThat(channel.stalled(2)).isFalse();
    assertThat(channel.stalled(3)).isTrue(); // The second item was published at 2.
    broker.ack(4, true);
    assertThat(channel.stalled(100)).isFalse();
  }

  @Test
  void itemsExpireInTheOrderTheyWerePublished() throws IOException {
    assertThat(channel.pollExpired(9)).isNull();
    assertThat(channel.pollExpired(20)).extracting(item -> item.key()).isEqualTo("item1");
    assertThat(channel.pollExpired(20)).extracting(item -> item.key()).isEqualTo("item2");
    assertThat(channel.pollExpired(20)).isNull();
    broker.ack(3, true);
    assertThat(confirmed).containsExactly("item3");
  }
}
