package io.ovation.region;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.ovation.live.proto.ForwardedRow;
import io.ovation.live.proto.ForwardedStates;
import io.ovation.metrics.Metrics;
import io.ovation.moderation.RemoteRowChecks;
import io.ovation.queue.proto.QueueItem;
import io.ovation.store.ScriptedStore;
import io.ovation.store.SharedTable.Changes;
import io.ovation.store.SharedTable.Row;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** When a region gets bans and settings that were made before it was there. */
class TableForwarderTest {
  private final ScriptedStore store = new ScriptedStore();
  private final List<ForwardedRow> sent = new ArrayList<>();
  private boolean connected;
  private Future<Void> confirm = Future.succeededFuture();
  private long now;
  private final RegionLink link =
      new RegionLink(
          "b",
          () -> Future.succeededFuture(4),
          (to, item, ttl) -> {
            sent.addAll(rows(item));
            return confirm;
          },
          () -> connected,
          Future::succeededFuture,
          new Metrics());
  private final TableForwarder forwarder = new TableForwarder("a", link, store, () -> now);

  private static List<ForwardedRow> rows(byte[] item) {
    try {
      ForwardedStates states = ForwardedStates.parseFrom(QueueItem.parseFrom(item).getPayload());
      assertThat(states.getRegion()).isEqualTo("a");
      return states.getRowsList();
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private void answer(Row... rows) {
    store.take("now").answer(7_000L);
    store.take("changes").answer(new Changes(9, 0, List.of(rows)));
  }

  @Test
  void aRegionGetsWhatThisOneMadeWhenItIsConnectedAndEachTimeItIsAgain() {
    forwarder.poll();
    assertThat(store.waiting("now")).isZero();
    connected = true;
    forwarder.poll();
    answer(
        new Row("b/s/u", 5, 3_000, "ban"),
        new Row("s/s", 6, 3_000, "theirs", false),
        new Row("b/s/w", 7, 4_000, ""),
        new Row("b/s/x", 8, 0, "over"));
    assertThat(sent).extracting(ForwardedRow::getKey).containsExactlyInAnyOrder("b/s/u", "b/s/w");
    ForwardedRow ban = sent.stream().filter(r -> r.getKey().equals("b/s/u")).findAny().get();
    assertThat(ban.getStamp()).isEqualTo(5);
    assertThat(ban.getEndsMs()).isEqualTo(10_000);
    assertThat(ban.getTtlMs()).isEqualTo(3_000);
    now += 20_000;
    forwarder.poll();
    assertThat(store.waiting("now")).isZero();
    connected = false;
    forwarder.poll();
    connected = true;
    forwarder.poll();
    assertThat(store.waiting("now")).isEqualTo(1);
  }

  @Test
  void rowsOfThisRegionAloneAreNotSent() {
    connected = true;
    forwarder.poll();
    answer(
        new Row("own/purge/s/u", 5, 3_000, "1"),
        new Row("own/purge/s/w", 6, 3_000, ""),
        new Row("e/u", 7, 3_000, "id"));
    assertThat(sent).extracting(ForwardedRow::getKey).containsExactly("e/u");
    assertThat(sent).allMatch(row -> RemoteRowChecks.fault(row.getKey(), row.getValue()) == null);
  }

  @Test
  void whatTheRegionDidNotConfirmIsHandedOnAgain() {
    connected = true;
    confirm = Future.failedFuture("nack");
    forwarder.poll();
    answer(new Row("b/s/u", 5, 3_000, "ban"));
    forwarder.poll();
    assertThat(store.waiting("now")).as("after a pause").isZero();
    now += 1_200;
    forwarder.poll();
    answer(new Row("b/s/u", 5, 3_000, "ban"));
    now += 1_200;
    confirm = Future.succeededFuture();
    forwarder.poll();
    assertThat(store.waiting("now")).as("after a longer pause").isZero();
    now += 1_200;
    forwarder.poll();
    answer(new Row("b/s/u", 5, 3_000, "ban"));
    assertThat(sent).hasSize(3);
    now += 60_000;
    forwarder.poll();
    assertThat(store.waiting("now")).isZero();
  }

  @Test
  void aFullPageIsFollowedByTheNext() {
    connected = true;
    forwarder.poll();
    Row[] page =
        IntStream.rangeClosed(1, 1_000)
            .mapToObj(i -> new Row("b/s/u" + i, i, 3_000, "ban"))
            .toArray(Row[]::new);
    answer(page);
    var next = store.take("changes");
    assertThat(next.arguments).containsExactly(1_000L);
    next.answer(new Changes(1_001, 0, List.of(new Row("b/s/v", 1_001, 3_000, "ban"))));
    assertThat(sent).hasSize(1_001);
  }
}
