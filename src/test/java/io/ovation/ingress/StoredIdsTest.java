package io.ovation.ingress;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.HostEvent;
import io.ovation.live.proto.StreamEvent;
import io.ovation.queue.Partitions;
import io.ovation.store.ScriptedStore;
import io.ovation.store.Store.EventId;
import io.ovation.store.Store.Kept;
import io.ovation.testkit.VirtualVertx;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StoredIdsTest {
  private static final Partitions PARTITIONS = new Partitions(16);
  private static final int PARTITION = PARTITIONS.of("s");

  private final VirtualVertx clock = new VirtualVertx();
  private final ScriptedStore store = new ScriptedStore();
  private final StoredIds ids = new StoredIds(clock.vertx(), store, PARTITIONS, Promise::promise);

  private static CommentRequest comment(String id, String text) {
    return CommentRequest.newBuilder()
        .setStream("s")
        .setUser("u")
        .setId(id)
        .setText(text)
        .setMeta("{\"a\":1}")
        .build();
  }

  private static Kept kept(long offset, String text, String more) {
    String json = "{\"type\":\"comment\",\"text\":\"" + text + "\"" + more + ",\"offset\":";
    return new Kept(offset, offset, "u", "1", json.getBytes(UTF_8));
  }

  @Test
  void idsThatComeTogetherShareOneCallAndUnknownOnesCostNoOther() {
    Future<Boolean> first = ids.hasOther(comment("1", "hi"));
    Future<Boolean> second = ids.hasOther(comment("2", "hi"));
    clock.pass(10);
    ScriptedStore.Call call = store.take("offsetsOf");
    assertThat(call.arguments)
        .containsExactly(
            List.of(new EventId(PARTITION, "s", "u", "1"), new EventId(PARTITION, "s", "u", "2")));
    call.answer(List.of(0L, 0L));
    assertThat(first.result()).isFalse();
    assertThat(second.result()).isFalse();
    assertThat(store.count("newest")).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "hi there | ,\"meta\":{\"a\":1} | false",
        "hi ***** | ,\"meta\":{\"a\":1} | false",
        "hi there | ,\"meta\":{\"a\":2} | true",
        "hi there | '' | true",
        "hi there | ,\"meta\":{\"a\":1},\"reply_to\":\"x\" | true",
        "hi where | ,\"meta\":{\"a\":1} | true",
        "hi | ,\"meta\":{\"a\":1} | true"
      })
  void theStoredCommentIsCompared(String text, String more, boolean other) {
    Future<Boolean> answer = ids.hasOther(comment("1", "hi there"));
    clock.pass(10);
    store.take("offsetsOf").answer(List.of(7L));
    store.take("newest").answer(List.of(kept(7, text, more)));
    assertThat(answer.result()).isEqualTo(other);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "score | {\"home\":[1,2.50,null]} | false",
        "score | {\"home\":[1,2.50]} | true",
        "goal | {\"home\":[1,2.50,null]} | true",
        "score | null | true",
        "score | \"text\" | true"
      })
  void theStoredEventIsCompared(String name, String data, boolean other) {
    HostEvent.Builder host =
        HostEvent.newBuilder().setName("score").setData("{\"home\":[1,2.50,null]}");
    StreamEvent event =
        StreamEvent.newBuilder().setStream("s").setUser("h").setId("e1").setHost(host).build();
    Future<Boolean> answer = ids.hasOtherEvent(event);
    clock.pass(10);
    ScriptedStore.Call call = store.take("offsetsOf");
    assertThat(call.arguments).containsExactly(List.of(new EventId(PARTITION, "s", "", "e1")));
    call.answer(List.of(7L));
    String stored =
        "{\"type\":\"event\",\"name\":\"" + name + "\",\"data\":" + data + ",\"offset\":";
    store.take("newest").answer(List.of(new Kept(7, 7, "", "e1", stored.getBytes(UTF_8))));
    assertThat(answer.result()).isEqualTo(other);
  }

  @Test
  void eventsOfAScalarOrOfNothingAreCompared() {
    for (String data : List.of("1", "\"a\"", "true", "null", "[]")) {
      HostEvent.Builder host = HostEvent.newBuilder().setName("n").setData(data);
      StreamEvent event = StreamEvent.newBuilder().setStream("s").setId("e").setHost(host).build();
      for (String stored : List.of("1", "\"a\"", "true", "null", "[]")) {
        Future<Boolean> answer = ids.hasOtherEvent(event);
        clock.pass(10);
        store.take("offsetsOf").answer(List.of(7L));
        String json = "{\"type\":\"event\",\"name\":\"n\",\"data\":" + stored + ",\"offset\":";
        store.take("newest").answer(List.of(new Kept(7, 7, "", "e", json.getBytes(UTF_8))));
        assertThat(answer.result()).as(data + " " + stored).isEqualTo(!data.equals(stored));
      }
    }
  }

  @Test
  void whatHasLeftHistoryOrIsHiddenIsNoOther() {
    Future<Boolean> gone = ids.hasOther(comment("1", "hi"));
    clock.pass(10);
    store.take("offsetsOf").answer(List.of(7L));
    store.take("newest").answer(List.of(kept(6, "older", "")));
    assertThat(gone.result()).isFalse();
  }

  @Test
  void aStoreThatDoesNotAnswerFailsAllThatWait() {
    Future<Boolean> first = ids.hasOther(comment("1", "hi"));
    clock.pass(10);
    store.take("offsetsOf").timeOut();
    assertThat(first.failed()).isTrue();
  }
}
