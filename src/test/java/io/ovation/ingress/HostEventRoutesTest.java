package io.ovation.ingress;

import static io.ovation.ingress.ModerationFixture.HOST;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.live.proto.HostEvent;
import io.ovation.testkit.RawHttp.Answer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Events of hosts, retained or not. */
class HostEventRoutesTest {
  @RegisterExtension final ModerationFixture node = new ModerationFixture();

  @Test
  void hostEventsCarryAnyJsonWithinTheirBounds() {
    String event =
        "{\"name\":\"score\",\"id\":\"e1\",\"data\":{\"home\":[1,2.50,null,\"é\\u2028\"]},"
            + "\"retain\":true,\"ttl\":\"1h\"}";
    Answer answer = node.send("POST", "/streams/s1/events", HOST, event);
    assertThat(answer.json().getString("id")).isEqualTo("e1");
    HostEvent host = node.nextPublished().getHost();
    assertThat(host.getData()).isEqualTo("{\"home\":[1,2.50,null,\"é\\u2028\"]}");
    assertThat(host.getTtlMs()).isEqualTo(3_600_000);
    node.send("DELETE", "/streams/s1/events/score", HOST, "");
    assertThat(node.nextPublished().getHost().getRemove()).isTrue();
    String large = "\"" + "x".repeat(4_095) + "\"";
    for (String bad :
        List.of(
            "{\"name\":\"score\",\"retain\":true,\"data\":" + large + "}",
            "{\"name\":\"score\",\"ttl\":\"1h\"}",
            "{\"name\":\"score\",\"retain\":1}",
            "{\"data\":1}")) {
      assertThat(node.send("POST", "/streams/s1/events", HOST, bad).status()).isEqualTo(400);
    }
    assertThat(
            node.send(
                    "POST",
                    "/streams/s1/events",
                    HOST,
                    "{\"name\":\"score\",\"data\":" + large + "}")
                .status())
        .isEqualTo(202);
  }

  @Test
  void theSameIdWithOtherDataIsRefusedAndARepetitionIsNot() {
    String event = "{\"name\":\"score\",\"id\":\"e1\",\"data\":1}";
    assertThat(post(event).status()).isEqualTo(202);
    assertThat(post(event).status()).isEqualTo(202);
    for (String other :
        List.of(
            event.replace(":1}", ":2}"),
            event.replace("score", "goal"),
            "{\"retain\":true," + event.substring(1))) {
      Answer refused = post(other);
      assertThat(refused.status()).as(other).isEqualTo(409);
      assertThat(refused.json().getString("code")).isEqualTo("conflict");
    }
  }

  @Test
  void anEventThatTheStoreHasWithOtherDataIsRefusedAndAStoreThatIsAwayStopsNone() {
    String event = "{\"name\":\"score\",\"id\":\"e%d\",\"data\":1}";
    node.storedEvents = stored -> Future.succeededFuture(stored.getId().equals("e1"));
    Answer refused = post(event.formatted(1));
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.json().getString("code")).isEqualTo("conflict");
    assertThat(refused.json().getString("id")).isEqualTo("e1");
    assertThat(post(event.formatted(2)).status()).isEqualTo(202);
    node.storedEvents = stored -> Future.failedFuture("the store is away");
    assertThat(post(event.formatted(3)).status()).isEqualTo(202);
    node.storedEvents = stored -> Promise.<Boolean>promise().future();
    assertThat(post(event.formatted(4)).status()).isEqualTo(202);
    // What was refused left its id free here.
    node.storedEvents = stored -> Future.succeededFuture(false);
    assertThat(post(event.formatted(1)).status()).isEqualTo(202);
    node.storedEvents = stored -> Future.succeededFuture(true);
    assertThat(post("{\"name\":\"score\",\"data\":1}").status()).isEqualTo(202);
  }

  private Answer post(String event) {
    return node.send("POST", "/streams/s1/events", HOST, event);
  }
}
