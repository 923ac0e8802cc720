package io.ovation.flow;

import static io.ovation.testkit.DispatchAndSupervise.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.Deletion;
import io.ovation.live.proto.HeldComment;
import io.ovation.live.proto.HostEvent;
import io.ovation.live.proto.Purge;
import io.ovation.live.proto.StreamEvent;
import io.ovation.moderation.Ban;
import io.ovation.moderation.StreamSettings;
import io.ovation.store.RecentCommentsReader;
import io.ovation.store.Store.Kept;
import io.ovation.store.Store.Pin;
import io.ovation.testkit.RecordingShard;
import io.ovation.testkit.RecordingShard.Delivered;
import io.ovation.testkit.RecordingShard.Lost;
import io.ovation.testkit.RecordingShard.Opened;
import io.ovation.testkit.RecordingShard.Replayed;
import io.ovation.testkit.RecordingShard.Told;
import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.StateUpdate;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events beside comments: their place in the order, and what they do to history. */
class StreamEventFlowTest {
  @TempDir Path dir;
  private EmbeddedFlow flow;

  @BeforeEach
  void start() {
    flow = new EmbeddedFlow(dir, 1_000, store -> store);
  }

  @AfterEach
  void stop() {
    flow.close();
  }

  private static StreamEvent.Builder event(String id) {
    return StreamEvent.newBuilder().setStream("s1").setId(id).setAtMs(1_767_225_600_000L);
  }

  private static StreamEvent deletion(String user, String comment) {
    return event("deletes " + comment)
        .setDeleted(Deletion.newBuilder().setUser(user).setId(comment))
        .build();
  }

  private static CommentRequest.Builder comment(String user, String id) {
    return CommentRequest.newBuilder().setStream("s1").setUser(user).setText("t").setId(id);
  }

  private List<Event> replay(RecordingShard shard, long since) {
    int before = shard.all(Replayed.class).size();
    flow.core.subscriptions().requestReplay("s1", since, shard, "v");
    shard.await(s -> s.all(Replayed.class).size() > before);
    Replayed replayed = shard.all(Replayed.class).get(before);
    assertThat(replayed.replay().gap()).isNull();
    assertThat(replayed.replay().holes()).isEmpty();
    return replayed.replay().events();
  }

  private List<String> history() {
    return await(flow.store.history(flow.core.partition("s1"), "s1", 0, 500)).entries().stream()
        .map(Kept::id)
        .toList();
  }

  @Test
  void aDeletedCommentIsToldInOrderAndNeverReplayedFromMemoryOrHistory() {
    RecordingShard shard = flow.open("s1");
    flow.core.post("s1", "u", "c0");
    for (int i = 1; i < 100; i++) {
      flow.core.enqueue("s1", "u", "c" + i);
    }
    flow.core.post("s1", "u", "last");
    flow.core.publish(deletion("u", "c0"));
    flow.core.publish(deletion("u", "c95"));
    flow.core.post("s1", "u", "after");
    shard.awaitDelivered(104);
    List<Delivered> all = shard.all(Delivered.class);
    JsonObject told = new JsonObject(all.get(101).json());
    assertThat(told.getString("type")).isEqualTo("deleted");
    assertThat(told.getString("id")).isEqualTo("c0");
    assertThat(told.getString("user")).isEqualTo("u");
    assertThat(told.getLong("offset")).isBetween(all.get(100).offset(), all.get(103).offset());
    assertThat(replay(shard, all.get(90).offset())) // From memory.
        .extracting(Event::getId)
        .contains("c94", "c96", "after")
        .doesNotContain("c95");
    assertThat(replay(shard, 1)) // From history.
        .extracting(Event::getId)
        .contains("c1", "c94", "after")
        .doesNotContain("c0", "c95");
    assertThat(history()).doesNotContain("c0", "c95").contains("c1", "deletes c0");
  }

  @Test
  void aCommentThatArrivesAfterItsDeletionReachesNobody() {
    RecordingShard shard = flow.open("s1");
    flow.core.publish(deletion("u", "c0"));
    flow.core.post("s1", "u", "c0");
    flow.core.post("s1", "v", "c0");
    shard.awaitDelivered(2);
    assertThat(shard.all(Delivered.class))
        .extracting(d -> new JsonObject(d.json()).getString("user"))
        .containsExactly("u", "v");
    assertThat(history()).containsExactly("deletes c0", "c0");
  }

  @Test
  void aPurgeTakesTheUsersCommentsAndNoOthers() {
    RecordingShard shard = flow.open("s1");
    flow.core.post("s1", "u", "c0");
    flow.core.post("s1", "v", "c1");
    flow.core.publish(event("p").setPurged(Purge.newBuilder().setUser("u")).build());
    flow.core.post("s1", "u", "c2");
    shard.awaitDelivered(4);
    assertThat(replay(shard, 1)).extracting(Event::getId).containsExactly("c1", "p", "c2");
    assertThat(history()).containsExactly("c1", "p", "c2");
  }

  @Test
  void aTakeoverNeitherRevivesNorRepeats() {
    RecordingShard shard = flow.open("s1");
    flow.core.post("s1", "u", "c0");
    shard.awaitDelivered(1); // One that is deleted before it was sent reaches nobody.
    flow.core.publish(deletion("u", "c0"));
    flow.core.replaceDispatcher();
    flow.core.post("s1", "u", "c0");
    flow.core.post("s1", "u", "c1");
    shard.awaitDelivered(3);
    assertThat(shard.ids()).containsExactly("c0", "deletes c0", "c1");
    assertThat(history()).containsExactly("deletes c0", "c1");
  }

  @Test
  void aHiddenCommentIsMarkedForItsAuthorAndHistoryHasATombstoneWithoutAGap() {
    RecordingShard shard = flow.open("s1");
    flow.core.post("s1", "u", "c0");
    flow.core.post(comment("bad", "c1").setOnlyAuthor(true).build());
    flow.core.post("s1", "u", "c2");
    shard.awaitDelivered(3);
    List<Delivered> all = shard.all(Delivered.class);
    assertThat(replay(shard, 1)).extracting(Event::getId).containsExactly("c0", "c2");
    assertThat(
            await(
                    RecentCommentsReader.read(
                        flow.store, flow.core.partition("s1"), "s1", 1L << 60, 9))
                .comments())
        .extracting(Kept::id)
        .containsExactly("c0", "c2");
    RecordingShard later = flow.open("s1");
    assertThat(later.all(Opened.class).get(0).offset()).isEqualTo(all.get(2).offset());
    assertThat(shard.all(Lost.class)).isEmpty();
  }

  @Test
  void aHeldCommentIsPinnedUntilItIsApprovedAndThenAppears() {
    RecordingShard shard = flow.open("s1");
    CommentRequest held = comment("u", "c0").setReplyTo("c9").setMeta("{\"a\":1}").build();
    flow.core.publish(
        event("h").setHeld(HeldComment.newBuilder().setComment(held).setWhy("words")).build());
    shard.awaitDelivered(1);
    JsonObject told = new JsonObject(shard.all(Delivered.class).get(0).json());
    assertThat(told.getString("type")).isEqualTo("held");
    assertThat(told.getString("why")).isEqualTo("words");
    assertThat(told.getJsonObject("meta").getInteger("a")).isEqualTo(1);
    assertThat(await(flow.store.pins(flow.core.partition("s1"), "s1"))).hasSize(1);
    flow.core.post(held.toBuilder().setApproved(true).build());
    shard.awaitDelivered(2);
    assertThat(await(flow.store.pins(flow.core.partition("s1"), "s1"))).isEmpty();
    JsonObject comment = new JsonObject(shard.all(Delivered.class).get(1).json());
    assertThat(comment.getString("type")).isEqualTo("comment");
    assertThat(comment.getString("reply_to")).isEqualTo("c9");
    assertThat(comment.fieldNames())
        .containsExactly(
            "type", "stream", "id", "user", "text", "reply_to", "meta", "at", "offset");
  }

  @Test
  void whatWaitsInTheQueueOfABannedUserReachesNobody() {
    RecordingShard shard = flow.open("s1");
    Ban ban = new Ban(false, "", "mod", 0);
    await(flow.core.moderation.ban("s1", "bad", ban, Duration.ofMinutes(1)));
    Ban silent = new Ban(true, "", "mod", 0);
    await(flow.core.moderation.ban("s1", "sly", silent, Duration.ofMinutes(1)));
    flow.core.post("s1", "bad", "c0");
    flow.core.post("s1", "sly", "c1");
    flow.core.post("s1", "good", "c2");
    shard.awaitDelivered(2);
    assertThat(shard.ids()).containsExactly("c1", "c2");
    assertThat(replay(shard, 1)).extracting(Event::getId).containsExactly("c2");
    assertThat(flow.core.metrics().scrape()).contains("ovation_dispatch_banned_total 1.0");
  }

  @Test
  void changedSettingsAreToldToThoseWhoWatchAndToThoseWhoJoin() {
    RecordingShard shard = flow.open("s1");
    StreamSettings slow = new StreamSettings(5_000, true, false, 100, true);
    await(flow.core.moderation.change("s1", slow));
    shard.await(s -> !settings(s).isEmpty());
    JsonObject told = settings(shard).get(0);
    assertThat(told.getString("stream")).isEqualTo("s1");
    assertThat(told.getInteger("slow_mode_ms")).isEqualTo(5_000);
    assertThat(told.fieldNames())
        .containsExactly(
            "type", "stream", "slow_mode_ms", "read_only", "links", "max_text", "review");
    RecordingShard later = flow.open("s1");
    later.await(s -> settings(s).equals(List.of(told)));
    flow.core.subscriptions().unsubscribe("s1", shard);
    RecordingShard elsewhere = flow.open("s2");
    assertThat(settings(elsewhere)).isEmpty();
    await(flow.core.moderation.change("unopened", slow));
    RecordingShard first = flow.open("unopened");
    first.await(s -> settings(s).size() == 1);
  }

  private static List<JsonObject> settings(RecordingShard shard) {
    return shard.all(Told.class).stream()
        .filter(state -> state.state().getKind() == StateUpdate.Kind.SETTINGS)
        .map(state -> new JsonObject(state.state().getJson().toStringUtf8()))
        .toList();
  }

  private static HostEvent.Builder score(String data) {
    return HostEvent.newBuilder().setName("score").setData(data).setRetain(true).setTtlMs(60_000);
  }

  private static String retained(RecordingShard shard) {
    return shard.all(Told.class).stream()
        .map(Told::state)
        .filter(state -> state.getKind() == StateUpdate.Kind.RETAINED)
        .reduce((first, second) -> second)
        .map(state -> state.getSnapshot().toStringUtf8())
        .orElse("");
  }

  @Test
  void whatIsRetainedWhileNobodyWatchesReachesTheFirstWhoJoins() {
    RecordingShard watching = flow.open("s1");
    flow.core.publish(event("e1").setHost(score("1")).build());
    watching.awaitDelivered(1);
    StreamEvent other = event("e2").setStream("s2").setHost(score("2")).build();
    flow.core.publish(other);
    int partition = flow.core.partition("s2");
    io.ovation.testkit.Await.until(
        "it is in the store",
        java.time.Duration.ofSeconds(10),
        () -> !await(flow.store.pins(partition, "s2")).isEmpty());
    RecordingShard first = flow.open("s2");
    first.await(s -> retained(s).contains("\"data\":2"));
    assertThat(first.all(Told.class).stream().map(told -> told.state().getJson().toStringUtf8()))
        .anyMatch(json -> json.contains("\"data\":2"));
  }

  @Test
  void hostEventsArriveInOrderAndRetainedOnesReachThoseWhoJoinUntilTheyAreRemoved() {
    RecordingShard shard = flow.open("s1");
    flow.core.post("s1", "u", "c0");
    flow.core.publish(event("e1").setHost(score("1")).build());
    flow.core.publish(event("e2").setHost(score("{\"home\":2}")).build());
    flow.core.post("s1", "u", "c1");
    shard.awaitDelivered(4);
    assertThat(shard.ids()).containsExactly("c0", "e1", "e2", "c1");
    JsonObject told = new JsonObject(shard.all(Delivered.class).get(2).json());
    assertThat(told.fieldNames())
        .containsExactly("type", "stream", "id", "name", "data", "at", "ends", "offset");
    assertThat(told.getString("at")).isEqualTo("2026-01-01T00:00:00.000Z");
    assertThat(told.getString("ends")).isEqualTo("2026-01-01T00:01:00.000Z");
    shard.await(s -> retained(s).contains("\"home\":2"));
    assertThat(retained(shard)).doesNotContain("\"data\":1");
    flow.core.subscriptions().unsubscribe("s1", shard);
    await(flow.store.pins(flow.core.partition("s1"), "s1").map(List::<Pin>copyOf));
    RecordingShard later = flow.open("s1");
    later.await(s -> retained(s).contains("\"home\":2"));
    List<String> lines = retained(later).lines().toList();
    assertThat(new JsonObject(lines.get(0)).getBoolean("retained")).isTrue();
    assertThat(new JsonObject(lines.get(1)).getJsonArray("names")).containsExactly("score");
    flow.core.publish(
        event("e3").setHost(HostEvent.newBuilder().setName("score").setRemove(true)).build());
    later.await(s -> retained(s).contains("\"names\":[]"));
    assertThat(await(flow.store.pins(flow.core.partition("s1"), "s1"))).isEmpty();
  }
}
