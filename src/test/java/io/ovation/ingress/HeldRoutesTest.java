package io.ovation.ingress;

import static io.ovation.ingress.ModerationFixture.MODERATOR;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.live.proto.CommentRequest;
import io.ovation.testkit.RawHttp.Answer;
import io.vertx.core.json.JsonObject;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Comments that are held, and what moderators decide. */
class HeldRoutesTest {
  @RegisterExtension final ModerationFixture node = new ModerationFixture();

  @Test
  void heldCommentsAreListedInOrderAndApprovedAsTheyWere() throws Exception {
    node.hold("alice", "h1", "first");
    node.hold("bob", "h1", "second");
    JsonObject list = node.send("GET", "/streams/s1/held", MODERATOR, "").json();
    assertThat(list.getJsonArray("held"))
        .extracting(held -> ((JsonObject) held).getString("text"))
        .containsExactly("first", "second");
    String approve = "{\"action\":\"approve\",\"user\":\"bob\"}";
    assertThat(node.send("POST", "/streams/s1/held/h1", MODERATOR, approve).status())
        .isEqualTo(202);
    CommentRequest approved = Objects.requireNonNull(node.enqueued.poll());
    assertThat(approved.getApproved()).isTrue();
    assertThat(approved.getUser()).isEqualTo("bob");
    assertThat(approved.getText()).isEqualTo("second");
    assertThat(approved.getMeta()).isEqualTo("{\"a\":1}");
    node.hold("carol", "h3", "third");
    String third = "{\"action\":\"approve\",\"user\":\"carol\"}";
    assertThat(node.send("POST", "/streams/s1/held/h3", MODERATOR, third).status()).isEqualTo(202);
    String first = "{\"action\":\"approve\",\"user\":\"alice\"}";
    assertThat(node.send("POST", "/streams/s1/held/h1", MODERATOR, first).status()).isEqualTo(202);
    // The place of an approved comment is that of its approval.
    assertThat(node.enqueued).extracting(CommentRequest::getText).containsExactly("third", "first");
    String deny = "{\"action\":\"deny\",\"user\":\"alice\"}";
    assertThat(node.send("POST", "/streams/s1/held/h1", MODERATOR, deny).status()).isEqualTo(202);
    assertThat(node.nextPublished().getDenied().getUser()).isEqualTo("alice");
  }

  /** Who chooses the id of another's held comment must not have theirs approved in its place. */
  @Test
  void aDecisionIsOnTheCommentThatTheModeratorReadOrRefused() throws Exception {
    node.hold("alice", "h2", "rude");
    node.hold("bob", "h2", "nice");
    String[][] refused = {
      {"{\"action\":\"approve\"}", "user"},
      {"{\"action\":\"approve\",\"user\":\"alice\",\"text\":\"nice\"}", "text"}
    };
    for (String[] body : refused) {
      Answer answer = node.send("POST", "/streams/s1/held/h2", MODERATOR, body[0]);
      assertThat(answer.status()).as(body[0]).isEqualTo(409);
      assertThat(answer.json().getString("field")).isEqualTo(body[1]);
    }
    assertThat(node.enqueued).isEmpty();
    String read = "{\"action\":\"approve\",\"user\":\"bob\",\"text\":\"nice\"}";
    assertThat(node.send("POST", "/streams/s1/held/h2", MODERATOR, read).status()).isEqualTo(202);
    assertThat(Objects.requireNonNull(node.enqueued.poll()).getText()).isEqualTo("nice");
  }
}
