package io.ovation.moderation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.auth.Profile;
import io.ovation.http.body.JsonText;
import io.ovation.live.proto.CommentRequest;
import io.ovation.metrics.Metrics;
import io.ovation.queue.EventPublisher;
import io.ovation.queue.Partitions;
import io.ovation.store.ScriptedStore;
import io.ovation.store.Store;
import io.ovation.testkit.VirtualVertx;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Characters that some languages break lines at stay escaped on every way out. */
class LineBreaksTest {
  private static final String BREAKS = "a\u0085b\u2028c\u2029d";
  private static final String RAW = "[\\u0085\\u2028\\u2029]";
  private static final JsonObject META = JsonObject.of("m", BREAKS);
  private static final JsonObject PROFILE = JsonObject.of("name", BREAKS);

  private final VirtualVertx time = new VirtualVertx();
  private final ScriptedStore store = new ScriptedStore();
  private final Metrics metrics = new Metrics();
  private final List<CommentRequest> approved = new ArrayList<>();
  private final List<String> published = new ArrayList<>();
  private final AuditLog audit =
      new AuditLog(time.vertx(), null, 1, 1, InstantSource.system(), metrics);
  private final ModerationService moderation =
      new ModerationService(
          time.vertx(),
          new ModerationTable(time.vertx(), store.table(), () -> 0, metrics),
          event -> Future.succeededFuture(""),
          comment -> {
            approved.add(comment);
            return Future.succeededFuture("");
          },
          store,
          new Partitions(4),
          audit,
          "local",
          InstantSource.system());

  @Test
  void aProfileIsOneLine() {
    String profile = Profile.encode(Map.of("name", BREAKS));
    assertThat(profile).isNotNull().doesNotContainPattern(RAW);
    assertThat(new JsonObject(profile)).isEqualTo(PROFILE);
  }

  @Test
  void metaAndProfileOfAHeldCommentAreOneLineAfterItsApproval() {
    JsonObject held =
        JsonObject.of("type", "held", "id", "c1", "user", "u", "text", BREAKS)
            .put("meta", META)
            .put("profile", PROFILE);
    String body = JsonText.encode(held).replaceFirst("}$", ",\"offset\":");
    Future<Void> decided = moderation.decide("mod", "s", "u", "c1", BREAKS, true);
    String name = Store.Effect.held("u", "c1");
    store.take("pins").answer(List.of(new Store.Pin(name, 7, 60_000, body.getBytes(UTF_8))));
    assertThat(decided.succeeded()).isTrue();
    assertThat(approved).hasSize(1);
    CommentRequest comment = approved.get(0);
    assertThat(comment.getText()).isEqualTo(BREAKS);
    assertThat(new JsonObject(comment.getMeta())).isEqualTo(META);
    assertThat(new JsonObject(comment.getProfile())).isEqualTo(PROFILE);
    assertThat(comment.getMeta() + comment.getProfile()).doesNotContainPattern(RAW);
  }

  @Test
  void aPublishedActionIsOneLine() {
    EventPublisher.Target target =
        (key, id, json) -> {
          published.add(new String(json, UTF_8));
          return Future.succeededFuture();
        };
    EventPublisher events =
        new EventPublisher(time.vertx(), target, Duration.ofSeconds(1), () -> 0, metrics);
    audit.publishBy(new PublishedActions(events, "local")::publish);
    audit.record("mod", "ban", "s", BREAKS, JsonObject.of("user", BREAKS));
    assertThat(published).hasSize(2);
    assertThat(published).allMatch(json -> new JsonObject(json).encode().contains(BREAKS));
    assertThat(String.join("", published)).doesNotContainPattern(RAW);
  }
}
