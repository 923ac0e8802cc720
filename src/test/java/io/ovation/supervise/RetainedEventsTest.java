package io.ovation.supervise;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.metrics.Metrics;
import io.ovation.store.ScriptedStore;
import io.ovation.store.Store.Pin;
import io.ovation.supervise.history.GapFiller;
import io.ovation.testkit.FakeCluster;
import io.ovation.testkit.RecordingShard;
import io.ovation.testkit.RecordingShard.Told;
import io.ovation.testkit.VirtualVertx;
import io.ovation.wire.EventJson;
import io.ovation.wire.proto.Effect;
import io.ovation.wire.proto.Event;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RetainedEventsTest {
  private long nanos;
  private final LocalStream stream = new LocalStream("s", 0, 10, () -> nanos);
  private final RecordingShard shard = new RecordingShard();

  @BeforeEach
  void open() {
    stream.shards.add(shard);
    stream.openAt(0);
  }

  private static byte[] body(String name) {
    return ("{\"type\":\"event\",\"name\":\"" + name + "\",\"offset\":").getBytes(UTF_8);
  }

  private static Event pinned(String name, long offset, long ttlMs) {
    Effect pin =
        Effect.newBuilder().setKind(Effect.Kind.PIN).setId("r" + name).setTtlMs(ttlMs).build();
    Event content = Event.newBuilder().setId("e" + offset).setEffect(pin).build();
    return EventJson.complete(content, body(name), offset);
  }

  private static Pin stored(String name, long offset) {
    return new Pin("r" + name, offset, 60_000, body(name));
  }

  private String snapshot() {
    List<Told> told = shard.all(Told.class);
    return told.isEmpty() ? "" : told.get(told.size() - 1).state().getSnapshot().toStringUtf8();
  }

  @Test
  void aNewerEventIsNotReplacedByWhatTheStoreHadBefore() {
    stream.deliver(List.of(pinned("score", 20, 60_000)));
    stream.retained(List.of(stored("score", 10), stored("poll", 11)), 15);
    assertThat(snapshot())
        .isEqualTo(
            "{\"type\":\"event\",\"name\":\"poll\",\"retained\":true,\"offset\":11}\n"
                + "{\"type\":\"event\",\"name\":\"score\",\"retained\":true,\"offset\":20}\n"
                + "{\"type\":\"retained\",\"stream\":\"s\",\"names\":[\"poll\",\"score\"]}\n");
  }

  @Test
  void whoIsThereIsSentWhatTheStoreKnewBeforeAndNothingTwice() {
    stream.retained(List.of(stored("score", 10), stored("poll", 11)), 15);
    assertThat(unseen()).contains("score", "poll");
    stream.deliver(List.of(pinned("score", 20, 60_000)));
    assertThat(unseen()).isEmpty();
    stream.retained(List.of(stored("score", 20), stored("poll", 25)), 30);
    assertThat(unseen().lines().toList().get(0)).contains("poll");
    assertThat(unseen()).hasLineCount(2);
    RecordingShard another = new RecordingShard();
    stream.open(another);
    List<Told> told = another.all(Told.class);
    assertThat(told.get(told.size() - 1).state().getJson().toStringUtf8())
        .contains("score", "poll");
  }

  private String unseen() {
    List<Told> told = shard.all(Told.class);
    return told.get(told.size() - 1).state().getJson().toStringUtf8();
  }

  @Test
  void whatWasRemovedDuringAGapIsGoneAfterIt() {
    stream.deliver(List.of(pinned("score", 20, 60_000), pinned("poll", 21, 60_000)));
    stream.retained(List.of(stored("poll", 21)), 30);
    assertThat(snapshot()).contains("poll").doesNotContain("score");
    assertThat(unseen().lines().toList().get(0))
        .contains("\"score\"", "\"data\":null")
        .doesNotContain("poll");
    assertThat(unseen()).endsWith(list("\"poll\""));
  }

  private static String list(String names) {
    return "{\"type\":\"retained\",\"stream\":\"s\",\"names\":[" + names + "]}\n";
  }

  /** Before the store has answered, an event that is not here may be there. */
  @Test
  void theListOfWhatIsLeftFollowsTheStoresAnswerAndEachEnd() {
    stream.deliver(List.of(pinned("score", 20, 1_000)));
    assertThat(snapshot()).doesNotContain("names");
    stream.retained(List.of(stored("poll", 11)), 15);
    assertThat(snapshot()).endsWith(list("\"poll\",\"score\""));
    nanos = 1_000_000_000;
    stream.retained.expire();
    assertThat(snapshot()).endsWith(list("\"poll\""));
    assertThat(unseen()).doesNotContain("names");
    stream.deliver(List.of(pinned("goal", 40, 60_000)));
    assertThat(snapshot()).endsWith(list("\"goal\",\"poll\""));
    nanos = 120_000_000_000L;
    stream.retained.expire();
    assertThat(snapshot()).isEqualTo(list(""));
  }

  /** The same on each node, but not the event's own id: clients drop what they have seen. */
  @Test
  void whoIsThereIsToldOnceOfTheEndOfAnEventAndWhoJoinsLaterIsNot() {
    stream.deliver(List.of(pinned("score", 20, 1_000), pinned("poll", 21, 60_000)));
    nanos = 1_000_000_000;
    stream.retained.expire();
    JsonObject told = new JsonObject(unseen());
    assertThat(told.getString("id")).isNotEqualTo("e20").isNotEmpty();
    told.remove("id");
    assertThat(told)
        .isEqualTo(
            JsonObject.of("type", "event", "name", "score", "data", null)
                .put("retained", true)
                .put("offset", 20));
    int states = shard.all(Told.class).size();
    stream.retained.expire();
    assertThat(shard.all(Told.class)).hasSize(states);
    nanos = 60_000_000_000L;
    stream.retained.expire();
    assertThat(new JsonObject(unseen()).getString("name")).isEqualTo("poll");
    RecordingShard another = new RecordingShard();
    stream.open(another);
    assertThat(another.all(Told.class))
        .allMatch(
            state -> state.state().getJson().isEmpty() && state.state().getSnapshot().isEmpty());
  }

  @Test
  void anEventIsRetainedUntilItsEnd() {
    stream.deliver(List.of(pinned("score", 20, 1_000)));
    nanos = 999_999_999;
    stream.retained.expire();
    assertThat(snapshot()).contains("score");
    nanos = 1_000_000_000;
    stream.retained.expire();
    assertThat(snapshot()).isEmpty();
  }

  /** A viewer that comes back may have received on another node what has ended since. */
  @Test
  void aStreamThatRetainsNothingTellsThatNothingIsLeftOnce() {
    stream.deliver(List.of(Event.newBuilder().setId("c").setOffset(3).build()));
    assertThat(shard.all(Told.class)).isEmpty();
    stream.retained(List.of(new Pin("hu\0c1", 5, 60_000, body("held"))), 9);
    assertThat(unseen()).isEqualTo(list(""));
    assertThat(snapshot()).isEqualTo(list(""));
    stream.retained(List.of(), 9);
    assertThat(shard.all(Told.class)).hasSize(1);
    RecordingShard another = new RecordingShard();
    stream.open(another);
    assertThat(another.all(Told.class).get(0).state().getJson().toStringUtf8()).isEqualTo(list(""));
  }

  @Test
  void aReadThatFailsIsRepeatedAFewTimes() {
    VirtualVertx virtual = new VirtualVertx();
    ScriptedStore store = new ScriptedStore();
    GapFiller filler =
        new GapFiller(
            SupervisorFixture.context(virtual, new FakeCluster("here"), new Metrics()), store);
    filler.loadRetained(stream);
    for (int i = 0; i < 2; i++) {
      store.take("pins").timeOut();
      assertThat(store.waiting("pins")).isZero();
      virtual.pass(250);
    }
    store.take("pins").answer(List.of(stored("poll", 11)));
    assertThat(snapshot()).contains("poll");
    filler.loadRetained(stream);
    for (int i = 0; i < 3; i++) {
      store.take("pins").timeOut();
      virtual.pass(250);
    }
    assertThat(store.waiting("pins")).isZero();
  }
}
