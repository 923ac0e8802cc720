package io.ovation.moderation;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.live.proto.StreamEvent;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Partitions;
import io.ovation.store.ScriptedStore;
import io.ovation.store.SharedTable.Changes;
import io.ovation.store.SharedTable.Row;
import io.ovation.store.Store.History;
import io.ovation.store.Store.Kept;
import io.ovation.testkit.VirtualVertx;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What slower nodes accepted while a ban spread is purged too, whichever node dies in between. */
class PendingPurgeTest {
  private static final String KEY = "own/purge/s1/a/b";

  private final VirtualVertx time = new VirtualVertx();
  private final ScriptedStore store = new ScriptedStore();
  private final Metrics metrics = new Metrics();
  private final ModerationTable table =
      new ModerationTable(time.vertx(), store.table(), this::nanos, metrics);
  private final List<StreamEvent> published = new ArrayList<>();
  private boolean queueAway;
  private long version;
  private final ModerationService service =
      new ModerationService(
          time.vertx(),
          table,
          event -> {
            published.add(event);
            return queueAway ? Future.failedFuture("away") : Future.succeededFuture("");
          },
          comment -> Future.succeededFuture(""),
          store,
          new Partitions(4),
          new AuditLog(time.vertx(), null, 1, 1, InstantSource.system(), metrics),
          "local",
          InstantSource.system());

  private long nanos() {
    return TimeUnit.MILLISECONDS.toNanos(time.now());
  }

  private void changes(Row... rows) {
    version++;
    store.take("changes").answer(new Changes(version, 0, List.of(rows)));
  }

  private Row row(String value) {
    return new Row(KEY, version + 1, 3_600_000, value);
  }

  @Test
  void aPurgeIsRememberedBeforeItIsDoneAndForgottenOnceItIsRepeated() {
    Ban ban = new Ban(false, "", "mod", 1);
    Future<Void> done = service.ban("s1", "a/b", ban, Duration.ofHours(1), true);
    store.take("put").answer(1L);
    changes();
    assertThat(published).isEmpty();
    ScriptedStore.Call remembered = store.take("put");
    assertThat(remembered.arguments.get(0)).isEqualTo(KEY);
    remembered.answer(2L);
    changes(row("1"));
    assertThat(done.succeeded()).isTrue();
    assertThat(published).hasSize(1);
    time.pass(1_500);
    assertThat(published).hasSize(2);
    assertThat(published.get(1).getPurged().getUser()).isEqualTo("a/b");
    assertThat(store.take("remove").arguments.get(0)).isEqualTo(KEY);
  }

  @Test
  void whatADeadNodeLeftIsRepeatedByAnotherUntilItWorks() {
    table.refresh();
    changes(row("1"));
    service.repeatOverduePurges();
    queueAway = true;
    time.pass(9_999);
    assertThat(published).isEmpty();
    time.pass(1);
    assertThat(published).hasSize(1);
    assertThat(published.get(0).getStream()).isEqualTo("s1");
    assertThat(store.waiting("remove")).isZero();
    queueAway = false;
    time.pass(10_000);
    assertThat(published).hasSize(2);
    assertThat(store.take("remove").arguments.get(0)).isEqualTo(KEY);
    time.pass(60_000);
    assertThat(published).hasSize(2);
  }

  @Test
  void whatAnotherNodeHasRepeatedIsNotRepeatedAgain() {
    table.refresh();
    changes(row("1"));
    service.repeatOverduePurges();
    table.refresh();
    changes(row(""));
    time.pass(60_000);
    assertThat(published).isEmpty();
  }

  /** The user's comments are on one stream. */
  private void history() {
    byte[] body = "{\"type\":\"comment\"".getBytes(StandardCharsets.US_ASCII);
    Kept comment = new Kept(5, 5, "u", "1", body);
    store.take("streams").answer(List.of("s1"));
    store.take("history").answer(History.of(List.of(comment), 500, true));
  }

  @Test
  void anErasureIsToldToOtherRegionsBeforeItIsDoneAndNotedOnceItIsRepeated() {
    Future<Void> done = service.erase("admin", "u");
    ScriptedStore.Call told = store.take("put");
    assertThat(told.arguments.get(0)).isEqualTo("e/u");
    told.answer(1L);
    changes(new Row("e/u", 1, 3_600_000, (String) told.arguments.get(1)));
    assertThat(published).isEmpty();
    history();
    assertThat(done.succeeded()).isTrue();
    assertThat(published).hasSize(1);
    time.pass(1_500);
    history();
    assertThat(published).hasSize(2);
    ScriptedStore.Call noted = store.take("put");
    assertThat(noted.arguments.subList(0, 2))
        .containsExactly("own/erased/u", told.arguments.get(1));
  }

  @Test
  void anErasureOfAnotherRegionIsDoneHereOnce() {
    table.refresh();
    changes(new Row("e/u", 1, 3_600_000, "first", false));
    service.repeatOverduePurges();
    time.pass(10_000);
    history();
    assertThat(published).hasSize(1);
    assertThat(published.get(0).getPurged().getUser()).isEqualTo("u");
    assertThat(store.take("put").arguments.subList(0, 2)).containsExactly("own/erased/u", "first");
    // It comes again, as to a node that starts; what the user has written since stays.
    table.refresh();
    changes(
        new Row("e/u", 2, 3_600_000, "first", false),
        new Row("own/erased/u", 3, 3_600_000, "first"));
    time.pass(60_000);
    assertThat(store.waiting("streams")).isZero();
    table.refresh();
    changes(new Row("e/u", 4, 3_600_000, "second", false));
    time.pass(20_000);
    history();
    assertThat(published).hasSize(2);
  }
}
