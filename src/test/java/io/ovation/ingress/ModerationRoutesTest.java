package io.ovation.ingress;

import static io.ovation.ingress.ModerationFixture.ADMIN;
import static io.ovation.ingress.ModerationFixture.HOST;
import static io.ovation.ingress.ModerationFixture.MODERATOR;
import static io.ovation.ingress.ModerationFixture.VIEWER;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.live.proto.StreamEvent;
import io.ovation.store.Store;
import io.ovation.store.Store.Append;
import io.ovation.testkit.Await;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawHttp.Answer;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Deletions, reports, bans, settings and erasure: who may, and what happens. */
class ModerationRoutesTest {
  @RegisterExtension final ModerationFixture node = new ModerationFixture();

  /** Each is kept on the queue and in the audit log, so nobody may send any number. */
  @Test
  void reportsAndDeletionsOfViewersAreLimitedAndThoseOfModeratorsAreNot() {
    String report = "{\"reason\":\"rude\"}";
    int status = 0;
    for (int i = 0; i < 30 && status != 429; i++) {
      status = node.send("POST", "/streams/s1/comments/c1/reports", VIEWER, report).status();
    }
    assertThat(status).isEqualTo(429);
    assertThat(node.send("DELETE", "/streams/s1/comments/c1", VIEWER, "").status()).isEqualTo(429);
    assertThat(node.published.size()).isLessThan(25);
    String other = "viewer bob s1";
    assertThat(node.send("DELETE", "/streams/s1/comments/c1", other, "").status()).isEqualTo(202);
    for (int i = 0; i < 30; i++) {
      String path = "/streams/s1/comments/c1?user=alice";
      assertThat(node.send("DELETE", path, MODERATOR, "").status()).isEqualTo(202);
    }
  }

  @Test
  void onlySoManyReportsAreUnderWayAtATimeAndAModeratorNeedNotWait() {
    node.eventQueue = event -> Future.future(never -> {});
    List<RawHttp> waiting = new ArrayList<>();
    String body = "{\"user\":\"USER\",\"reason\":\"rude\"}";
    for (int i = 0; i < 510; i++) {
      RawHttp http = new RawHttp(node.port);
      waiting.add(http);
      String mine = body.replace("USER", "u" + i);
      http.write(
          RawHttp.head("POST", "/streams/s1/comments/c1/reports", node.type, mine.length()) + mine);
    }
    Await.until("the bound", Duration.ofSeconds(20), () -> node.published.size() >= 500);
    assertThat(
            node.send(
                    "POST",
                    "/streams/s1/comments/c1/reports",
                    "viewer zoe s1",
                    body.replace("USER", "zoe"))
                .status())
        .isEqualTo(429);
    node.eventQueue = event -> Future.succeededFuture("");
    assertThat(node.send("DELETE", "/streams/s1/comments/c1?user=a", MODERATOR, "").status())
        .isEqualTo(202);
    waiting.forEach(RawHttp::close);
  }

  @Test
  void aReportThatIsRefusedNamesItsOwnField() {
    for (String field : List.of("reason", "author")) {
      JsonObject report = JsonObject.of("user", "zoe", "reason", "spam").put(field, "\u0000");
      Answer answer =
          node.send("POST", "/streams/s1/comments/c1/reports", "viewer zoe s1", report.encode());
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.json().getString("field")).isEqualTo(field);
      assertThat(answer.json().getString("detail")).startsWith(field + ": ");
    }
  }

  @Test
  void theReasonOfABanIsHeldToTheRulesForTexts() {
    String path = "/streams/s1/bans/bob";
    for (Object reason : List.of("a\u0000b", "spam\u202e", 7, "x".repeat(201))) {
      Answer answer = node.send("PUT", path, MODERATOR, JsonObject.of("reason", reason).encode());
      assertThat(answer.status()).as("%s", reason).isEqualTo(400);
      assertThat(answer.json().getString("field")).isEqualTo("reason");
    }
    for (String reason : List.of("", "😀".repeat(200))) {
      Answer answer = node.send("PUT", path, MODERATOR, JsonObject.of("reason", reason).encode());
      assertThat(answer.json().getString("reason")).isEqualTo(reason);
    }
  }

  @Test
  void aBannedModeratorCannotLiftTheBan() {
    String path = "/streams/s1/bans/mod";
    assertThat(node.send("PUT", path, "moderator two s1", "{}").status()).isEqualTo(200);
    for (Answer answer :
        List.of(
            node.send("DELETE", path, MODERATOR, ""),
            node.send("PUT", path, MODERATOR, "{\"for\":\"1s\"}"))) {
      assertThat(answer.status()).isEqualTo(403);
      assertThat(answer.json().getString("field")).isEqualTo("user");
    }
    // One who outranks moderators is not at their mercy.
    assertThat(node.send("DELETE", path, "host mod s1", "").status()).isEqualTo(204);
    assertThat(node.send("PUT", path, "moderator two s1", "{}").status()).isEqualTo(200);
    assertThat(node.send("DELETE", path, "moderator two s1", "").status()).isEqualTo(204);
  }

  /** A name that no path can carry could not be banned, and a comment of such an id not deleted. */
  @Test
  void whatNoPathCanNameIsNotAccepted() {
    for (String name : List.of(".", "..")) {
      String user = "{\"user\":\"%s\",\"text\":\"hi\"}".formatted(name);
      Answer answer = RawHttp.post(node.port, "/streams/s1/comments", user);
      assertThat(answer.json().getString("field")).isEqualTo("user");
      String id = "{\"user\":\"bob\",\"text\":\"hi\",\"id\":\"%s\"}".formatted(name);
      answer = RawHttp.post(node.port, "/streams/s1/comments", id);
      assertThat(answer.json().getString("field")).isEqualTo("id");
    }
    for (String id : List.of("a/b", "a%2Fb", "...", "a?b", "%2e", "a b", "ä")) {
      String json = "{\"user\":\"bob\",\"text\":\"hi\",\"id\":\"%s\"}".formatted(id);
      assertThat(RawHttp.post(node.port, "/streams/s1/comments", json).status()).isEqualTo(202);
      String path = URLEncoder.encode(id, UTF_8).replace("+", "%20");
      Answer deleted =
          node.send("DELETE", "/streams/s1/comments/" + path + "?user=bob", MODERATOR, "");
      assertThat(deleted.status()).describedAs(id).isEqualTo(202);
      assertThat(node.nextPublished().getDeleted().getId()).isEqualTo(id);
    }
  }

  @Test
  void anAdministratorOfSomeStreamsDoesNotActOnAll() {
    String some = "admin root s1";
    assertThat(node.send("PUT", "/streams/s1/bans/bob", some, "{}").status()).isEqualTo(200);
    for (String path : List.of("/bans/bob", "/users/bob")) {
      Answer answer = node.send("DELETE", path, some, "");
      assertThat(answer.status()).isEqualTo(403);
      assertThat(answer.json().getString("field")).isEqualTo("stream");
    }
  }

  @Test
  void anAuthorDeletesTheirOwnCommentsAndAModeratorAnybodys() {
    assertThat(node.send("DELETE", "/streams/s1/comments/c1", VIEWER, "").status()).isEqualTo(202);
    assertThat(node.nextPublished().getDeleted().getUser()).isEqualTo("alice");
    String bobs = "/streams/s1/comments/c%201?user=bob";
    assertThat(node.send("DELETE", bobs, VIEWER, "").status()).isEqualTo(403);
    assertThat(node.send("DELETE", bobs, MODERATOR, "").status()).isEqualTo(202);
    StreamEvent event = node.nextPublished();
    assertThat(event.getDeleted().getUser()).isEqualTo("bob");
    assertThat(event.getDeleted().getId()).isEqualTo("c 1");
    assertThat(node.send("DELETE", "/streams/s1/comments/c1", MODERATOR, "").status())
        .isEqualTo(400);
    assertThat(node.audited).hasSize(2);
    JsonObject entry = node.audited.poll();
    assertThat(entry).isNotNull();
    assertThat(entry.getString("by")).isEqualTo("alice");
    assertThat(entry.getString("action")).isEqualTo("delete");
  }

  @Test
  void aBanIsListedHeldToAndEnded() {
    String ban = "{\"for\":\"10m\",\"reason\":\"spam\",\"purge\":true}";
    Answer answer = node.send("PUT", "/streams/s1/bans/b%C3%B6b", MODERATOR, ban);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json().getInteger("seconds_left")).isEqualTo(600);
    assertThat(node.nextPublished().getPurged().getUser()).isEqualTo("böb");
    JsonObject listed =
        node.send("GET", "/streams/s1/bans", MODERATOR, "")
            .json()
            .getJsonArray("bans")
            .getJsonObject(0);
    assertThat(listed.getString("user")).isEqualTo("böb");
    assertThat(listed.getString("by")).isEqualTo("mod");
    Answer refused =
        RawHttp.post(node.port, "/streams/s1/comments", "{\"user\":\"böb\",\"text\":\"hi\"}");
    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.json().getString("code")).isEqualTo("banned");
    assertThat(node.enqueued).isEmpty();
    assertThat(node.send("DELETE", "/streams/s1/bans/b%C3%B6b", MODERATOR, "").status())
        .isEqualTo(204);
    assertThat(
            RawHttp.post(node.port, "/streams/s1/comments", "{\"user\":\"böb\",\"text\":\"hi\"}")
                .status())
        .isEqualTo(202);
    assertThat(node.audited).extracting(e -> e.getString("action")).containsExactly("ban", "unban");
  }

  @Test
  void settingsKeepWhatIsLeftOutAndAreShownWithTheStream() {
    node.send("PUT", "/streams/s1/settings", MODERATOR, "{\"slow_mode\":\"5s\"}");
    JsonObject all =
        node.send("PUT", "/streams/s1/settings", MODERATOR, "{\"links\":false,\"max_text\":9}")
            .json();
    JsonObject expected =
        JsonObject.of("slow_mode", "5s", "read_only", false, "links", false)
            .put("max_text", 9)
            .put("review", false);
    assertThat(all).isEqualTo(expected);
    assertThat(RawHttp.get(node.port, "/streams/s1").json().getJsonObject("settings"))
        .isEqualTo(expected);
    String comment = "{\"user\":\"bob\",\"text\":\"hi\"}";
    assertThat(RawHttp.post(node.port, "/streams/s1/comments", comment).status()).isEqualTo(202);
    Answer slow = RawHttp.post(node.port, "/streams/s1/comments", comment);
    assertThat(slow.status()).isEqualTo(429);
    assertThat(Integer.parseInt(slow.headers().get("retry-after"))).isBetween(1, 5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"slow_mode\":5}",
        "{\"slow_mode\":\"2h\"}",
        "{\"slow_mode\":\"-1s\"}",
        "{\"slow_mode\":null}",
        "{\"max_text\":0}",
        "{\"max_text\":501}",
        "{\"review\":\"yes\"}"
      })
  void badSettingsAreRefusedByTheirField(String body) {
    Answer answer = node.send("PUT", "/streams/s1/settings", MODERATOR, body);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(body).contains("\"" + answer.json().getString("field") + "\"");
  }

  @Test
  void aReportReachesTheModeratorsWithItsReporter() {
    String report = "{\"user\":\"bob\",\"author\":\"al\",\"reason\":\"rude\"}";
    Answer answer = RawHttp.post(node.port, "/streams/s1/comments/c1/reports", report);
    assertThat(answer.status()).isEqualTo(202);
    StreamEvent event = node.nextPublished();
    assertThat(event.getUser()).isEqualTo("bob");
    assertThat(event.getReported().getUser()).isEqualTo("al");
    assertThat(event.getReported().getReason()).isEqualTo("rude");
  }

  @Test
  void eachActionIsAudited() throws Exception {
    node.hold("al", "h1", "one");
    node.hold("bo", "h2", "two");
    node.send("DELETE", "/streams/s1/comments/c1?user=bob", MODERATOR, "");
    node.send("POST", "/streams/s1/comments/c1/reports", VIEWER, "{\"reason\":\"rude\"}");
    node.send("PUT", "/streams/s1/bans/bob", MODERATOR, "{\"for\":\"1m\",\"reason\":\"spam\"}");
    node.send("DELETE", "/streams/s1/bans/bob", MODERATOR, "");
    node.send("PUT", "/streams/s1/settings", MODERATOR, "{\"review\":true}");
    node.send("POST", "/streams/s1/held/h1", MODERATOR, "{\"action\":\"approve\"}");
    node.send("POST", "/streams/s1/held/h2", MODERATOR, "{\"action\":\"deny\"}");
    node.send("DELETE", "/users/bob", ADMIN, "");
    assertThat(node.audited)
        .extracting(entry -> entry.getString("action") + " by " + entry.getString("by"))
        .containsExactly(
            "delete by mod",
            "report by alice",
            "ban by mod",
            "unban by mod",
            "settings by mod",
            "approve by mod",
            "deny by mod",
            "erase by root");
  }

  @Test
  void erasingAUserPurgesTheStreamsThatHaveTheirCommentsAndNoOthers() throws Exception {
    Store store = node.realStore();
    for (String stream : List.of("s1", "s2", "s3")) {
      int partition = HttpFixture.PARTITIONS.of(stream);
      long epoch = store.takePartition(partition).await(10, TimeUnit.SECONDS);
      String user = stream.equals("s3") ? "other" : "bob";
      byte[] body = "{\"type\":\"comment\",\"offset\":".getBytes(UTF_8);
      store
          .append(partition, epoch, List.of(new Append(stream, user, "c", 0, body)))
          .await(10, TimeUnit.SECONDS);
    }
    assertThat(node.send("DELETE", "/users/bob", ADMIN, "").status()).isEqualTo(202);
    assertThat(node.published)
        .allMatch(event -> event.getPurged().getUser().equals("bob"))
        .extracting(StreamEvent::getStream)
        .containsExactlyInAnyOrder("s1", "s2");
  }

  @Test
  void aSeventeenthRetainedNameIsRefusedAndOneOfTheSixteenIsReplaced() throws Exception {
    for (int i = 1; i <= 16; i++) {
      node.pinRetained("e" + i);
    }
    String path = "/streams/s1/events";
    Answer full = node.send("POST", path, HOST, "{\"name\":\"e17\",\"data\":1,\"retain\":true}");
    assertThat(full.status()).isEqualTo(409);
    assertThat(full.json().getString("code")).isEqualTo("too_many_retained");
    assertThat(full.json().getString("field")).isEqualTo("name");
    assertThat(node.published).isEmpty();
    for (String body :
        List.of("{\"name\":\"e16\",\"data\":1,\"retain\":true}", "{\"name\":\"e17\",\"data\":1}")) {
      assertThat(node.send("POST", path, HOST, body).status()).as(body).isEqualTo(202);
    }
    assertThat(node.nextPublished().getHost().getName()).isEqualTo("e16");
    assertThat(node.nextPublished().getHost().getName()).isEqualTo("e17");
  }
}
