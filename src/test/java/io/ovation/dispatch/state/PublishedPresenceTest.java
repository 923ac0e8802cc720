package io.ovation.dispatch.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.metrics.Metrics;
import io.ovation.queue.EventPublisher;
import io.ovation.testkit.VirtualVertx;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PublishedPresenceTest {
  private final List<String> keys = new ArrayList<>();
  private final List<JsonObject> events = new ArrayList<>();
  private final EventPublisher publisher =
      new EventPublisher(
          new VirtualVertx().vertx(),
          (key, id, json) -> {
            keys.add(key);
            events.add(new JsonObject(Buffer.buffer(json)));
            return Future.succeededFuture();
          },
          Duration.ofSeconds(1),
          () -> 0,
          new Metrics());
  private final PublishedPresence presence = new PublishedPresence(publisher, "eu", () -> 1_000);

  @Test
  void eachChangeIsPublishedOnceWithAnIdOfItsOwn() {
    presence.viewers("s1", 1);
    presence.viewers("s1", 5);
    presence.live("s1", true);
    presence.live("s1", true);
    presence.viewers("s1", 0);
    presence.live("s1", false);
    presence.viewers("s1", 2);
    assertThat(keys)
        .containsExactly("occupied.s1", "live.s1", "vacated.s1", "dark.s1", "occupied.s1");
    assertThat(events).extracting(it -> it.getString("id")).doesNotHaveDuplicates();
    assertThat(events.get(1).getString("kind")).isEqualTo("live");
    assertThat(events.get(1).getString("region")).isEqualTo("eu");
    assertThat(events.get(1).getString("at")).isEqualTo("1970-01-01T00:00:01.000Z");
  }
}
