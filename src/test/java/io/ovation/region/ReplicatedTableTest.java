package io.ovation.region;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.live.proto.OutboxItem;
import io.ovation.queue.Partitions;
import io.ovation.queue.typed.ScriptedBroker;
import io.ovation.store.ScriptedStore;
import io.ovation.store.SharedTable.Foreign;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What other regions get of bans and settings, and when a change is complete. */
class ReplicatedTableTest {
  private final ScriptedStore store = new ScriptedStore();
  private final ScriptedBroker broker = new ScriptedBroker();
  private final ReplicatedTable table =
      new ReplicatedTable(
          store.table(),
          broker,
          new Partitions(1),
          "a",
          List.of("b", "c"),
          () -> Instant.ofEpochMilli(7));

  private OutboxItem item(int index) throws Exception {
    return OutboxItem.parseFrom(broker.published.get(index).item());
  }

  @Test
  void aChangeIsCompleteWhenEachOutboxHasIt() throws Exception {
    Future<Long> put = table.put("b/s/u", "v", Duration.ofSeconds(9));
    assertThat(broker.published).isEmpty();
    store.take("put").answer(5_000_000L);
    assertThat(put.result()).isEqualTo(5_000_000L);
    assertThat(broker.published)
        .extracting(published -> published.to().text())
        .containsExactly("ovation.outbox.b.0", "ovation.outbox.c.0");
    assertThat(item(0).getRegion()).isEqualTo("a");
    assertThat(item(0).getRows(0).getStamp()).isEqualTo(5_000_000);
    assertThat(item(0).getRows(0).getEndsMs()).isEqualTo(14_000);
    broker.answers.add(Future.failedFuture("away"));
    Future<Long> removed = table.remove("b/s/u");
    store.take("remove").answer(6_000_000L);
    assertThat(removed.failed()).isTrue();
    assertThat(item(3).getRows(0).getValue()).isEmpty();
  }

  @Test
  void whatTookNoEffectOrCameFromElsewhereIsNotForwarded() {
    Future<Long> put = table.put("s/s", "v", Duration.ofSeconds(9));
    store.take("put").answer(0L);
    assertThat(put.result()).isZero();
    table.merge("a", new Foreign("c", "s/s", "v", 1, Duration.ofSeconds(9), 1));
    assertThat(store.waiting("merge")).isEqualTo(1);
    assertThat(broker.published).isEmpty();
  }
}
