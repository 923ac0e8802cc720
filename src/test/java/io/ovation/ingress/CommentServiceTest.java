package io.ovation.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.auth.AccessRole;
import io.ovation.auth.Caller;
import io.ovation.config.Config;
import io.ovation.disk.DiskUnavailable;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.StreamEvent;
import io.ovation.metrics.Metrics;
import io.ovation.moderation.CommentRules;
import io.ovation.moderation.ModerationTable;
import io.ovation.moderation.WordList;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.Partitions;
import io.ovation.stage.AcceptedComment;
import io.ovation.stage.CommentSubmission;
import io.ovation.stage.RandomIds;
import io.ovation.store.ScriptedStore;
import io.ovation.store.SharedTable.Changes;
import io.ovation.store.SharedTable.Row;
import io.ovation.testkit.VirtualVertx;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommentServiceTest {
  private static final int BUDGET = 3;

  private final Metrics metrics = new Metrics();
  private final List<CommentRequest> enqueued = new ArrayList<>();
  private final List<Promise<String>> confirms = new ArrayList<>();
  private final List<StreamEvent> published = new ArrayList<>();
  private final ScriptedStore store = new ScriptedStore();
  private final ModerationTable table =
      new ModerationTable(new VirtualVertx().vertx(), store.table(), () -> 0, metrics);
  private WordList words = WordList.EMPTY;
  private final CommentService intake =
      new CommentService(
          request -> {
            enqueued.add(request);
            confirms.add(Promise.promise());
            return confirms.get(confirms.size() - 1).future();
          },
          event -> {
            published.add(event);
            return Future.succeededFuture(event.getId());
          },
          new CommentRules(table, () -> words, store, new Partitions(1), this::ask, metrics),
          this::isStored,
          new Config.Ingress(BUDGET),
          "local",
          InstantSource.fixed(Instant.ofEpochMilli(42)),
          metrics);

  /** Text → the hook's answer; others are allowed. */
  private final Map<String, Promise<String>> asked = new HashMap<>();

  private Future<String> ask(CommentRequest.Builder comment) {
    Promise<String> answer = asked.get(comment.getText());
    return answer == null ? Future.succeededFuture() : answer.future();
  }

  /** The ids under which the store has another comment. */
  private final Map<String, Promise<Boolean>> stored = new HashMap<>();

  private Future<Boolean> isStored(CommentRequest comment) {
    Promise<Boolean> answer = stored.get(comment.getId());
    return answer == null ? Future.succeededFuture(false) : answer.future();
  }

  @Test
  void anIdThatTheStoreHasForAnotherTextIsAConflictAndStaysFree() {
    stored.put("mine", Promise.promise());
    Future<String> refused = comment("s", "alice", "hi", "mine");
    confirms.get(0).complete("mine");
    assertThat(refused.isComplete()).isFalse();
    stored.get("mine").complete(true);
    assertThat(problem(refused).status()).isEqualTo(409);
    stored.clear();
    Future<String> other = comment("s", "alice", "hello", "mine");
    confirms.get(1).complete("mine");
    assertThat(other.result()).isEqualTo("mine");
  }

  @Test
  void aStoreThatFailsRefusesNothing() {
    stored.put("mine", Promise.promise());
    Future<String> answer = comment("s", "alice", "hi", "mine");
    stored.get("mine").fail("away");
    confirms.get(0).complete("mine");
    assertThat(answer.result()).isEqualTo("mine");
  }

  @Test
  void aCommentThatWaitsForTheHookHoldsUpItsUserAndNobodyElse() {
    Promise<String> first = Promise.promise();
    Promise<String> second = Promise.promise();
    asked.put("first", first);
    asked.put("second", second);
    comment("s", "alice", "first", null);
    comment("s", "alice", "second", null);
    comment("s", "bob", "third", null);
    assertThat(enqueued).extracting(CommentRequest::getText).containsExactly("third");
    confirms.get(0).complete("");
    second.complete();
    assertThat(enqueued).hasSize(1);
    first.complete();
    assertThat(enqueued)
        .extracting(CommentRequest::getText)
        .containsExactly("third", "first", "second");
    confirms.forEach(confirm -> confirm.tryComplete(""));
    assertThat(metrics.scrape()).contains("ovation_ingress_in_flight 0.0");
  }

  @Test
  void aCommentThatTheHookRefusesLetsTheNextOneGo() {
    Promise<String> first = Promise.promise();
    asked.put("first", first);
    Future<String> refused = comment("s", "alice", "first", null);
    comment("s", "alice", "second", null);
    first.fail(Problem.busy("no", 1).exception());
    assertThat(problem(refused).status()).isEqualTo(429);
    assertThat(enqueued).extracting(CommentRequest::getText).containsExactly("second");
  }

  @Test
  void aCommentIsAnsweredOnlyOnceItIsConfirmed() {
    Future<String> answer = comment("s", "alice", "hi", "mine");
    assertThat(answer.isComplete()).isFalse();
    confirms.get(0).complete("mine");
    assertThat(answer.result()).isEqualTo("mine");
    assertThat(enqueued)
        .containsExactly(
            CommentRequest.newBuilder()
                .setStream("s")
                .setUser("alice")
                .setText("hi")
                .setId("mine")
                .setAtMs(42)
                .setRegion("local")
                .build());
  }

  @Test
  void aCommentWithoutAnIdGetsOneOfItsOwn() {
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      ids.add(RandomIds.next());
    }
    assertThat(ids).hasSize(1000).allMatch(id -> id.matches("[A-Za-z0-9_-]{22}"));
    Future<String> answer = comment("s", "alice", "hi", null);
    confirms.get(0).complete("");
    assertThat(answer.result()).isEqualTo(enqueued.get(0).getId()).hasSize(22);
  }

  @Test
  void pastTheBudgetCommentsAreRefusedUntilOneIsConfirmed() {
    for (int i = 0; i < BUDGET; i++) {
      comment("s", "alice", "hi", null);
    }
    Problem busy = problem(comment("s", "alice", "hi", null));
    assertThat(busy.status()).isEqualTo(429);
    assertThat(busy.retryAfterSeconds()).isBetween(1, 3);
    assertThat(enqueued).hasSize(BUDGET);
    assertThat(metrics.scrape())
        .contains("ovation_ingress_in_flight 3.0")
        .contains("ovation_ingress_refused_total{reason=\"busy\"} 1.0");

    confirms.get(0).complete("");
    comment("s", "alice", "hi", null);
    assertThat(enqueued).hasSize(BUDGET + 1);
  }

  @Test
  void pastHalfOfTheBudgetReactionsMustGiveWay() {
    comment("s", "alice", "hi", null);
    assertThat(intake.pressed()).isFalse();
    comment("s", "alice", "hi", null);
    assertThat(intake.pressed()).isTrue();
    assertThat(problem(comment("s", "alice", "", null)).status()).isEqualTo(400);
    confirms.get(0).complete("");
    assertThat(intake.pressed()).isFalse();
  }

  @Test
  void failuresGiveTheirPlaceBack() {
    for (int i = 0; i < 2 * BUDGET; i++) {
      comment("s", "alice", "hi", null);
      confirms.get(i).fail(new BrokerUnavailable("away"));
    }
    assertThat(metrics.scrape()).contains("ovation_ingress_in_flight 0.0");
  }

  @Test
  void withoutAConfirmNothingIsPromisedAndTheIdToRetryWithIsTold() {
    Problem broker = failed(new BrokerUnavailable("away"));
    Problem disk = failed(new DiskUnavailable("full"));
    for (Problem problem : List.of(broker, disk)) {
      assertThat(problem.status()).isEqualTo(503);
      assertThat(problem.retryAfterSeconds()).isBetween(1, 5);
      assertThat(problem.detail()).contains("nothing is promised").contains("same id (\"mine\")");
    }
  }

  @Test
  void anUnexpectedFailureIsLeftToTheFront() {
    Future<String> answer = comment("s", "alice", "hi", "mine");
    confirms.get(0).fail(new IllegalStateException("bug"));
    assertThat(answer.cause()).isInstanceOf(IllegalStateException.class);
    assertThat(metrics.scrape()).contains("reason=\"internal\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a/b", "é", "a\n"})
  void badStreamsAreNamed(String stream) {
    assertThat(problem(comment(stream, "alice", "hi", null)).field()).isEqualTo("stream");
  }

  @Test
  void eachBadFieldIsNamed() {
    String astral = "😀";
    assertThat(problem(comment("s", null, "hi", null)).detail()).contains("user: is missing");
    assertThat(problem(comment("s", 7L, "hi", null)).field()).isEqualTo("user");
    assertThat(problem(comment("s", astral.repeat(65), "hi", null)).field()).isEqualTo("user");
    assertThat(problem(comment("s", "a", null, null)).field()).isEqualTo("text");
    assertThat(problem(comment("s", "a", "", null)).field()).isEqualTo("text");
    assertThat(problem(comment("s", "a", "x".repeat(501), null)).field()).isEqualTo("text");
    assertThat(problem(comment("s", "a", "hi", "")).field()).isEqualTo("id");
    assertThat(problem(comment("s", "a", "hi", "a\u0007")).field()).isEqualTo("id");
    assertThat(problem(comment("s", "a", "hi", true)).field()).isEqualTo("id");
    assertThat(enqueued).isEmpty();

    comment("s", astral.repeat(64), astral.repeat(500), astral.repeat(128));
    assertThat(enqueued).hasSize(1);
  }

  @Test
  void theSameIdWithAnotherContentIsRefusedAndTheSameCommentIsNot() {
    comment("s", "alice", "last", "kept");
    confirms.get(0).complete("");
    Problem conflict = problem(comment("s", "alice", "first", "kept"));
    assertThat(conflict.status()).isEqualTo(409);
    assertThat(conflict.code()).isEqualTo("conflict");
    assertThat(conflict.field()).isEqualTo("id");
    assertThat(comment("s", "alice", "last", "kept").failed()).isFalse();
    assertThat(comment("s", "bob", "first", "kept").failed()).isFalse();
    assertThat(comment("t", "alice", "first", "kept").failed()).isFalse();
    assertThat(problem(submit("last", "kept", "c1", null)).code()).isEqualTo("conflict");
  }

  /** Both would be accepted, and one of them be dropped. */
  @Test
  void theSameIdWithAnotherContentIsRefusedAlsoWhileTheFirstIsOnItsWay() {
    comment("s", "alice", "hi", "mine");
    assertThat(problem(comment("s", "alice", "other", "mine")).status()).isEqualTo(409);
    assertThat(comment("s", "alice", "hi", "mine").failed()).isFalse();
    confirms.get(0).fail(new BrokerUnavailable("away"));
    assertThat(problem(comment("s", "alice", "other", "mine")).status()).isEqualTo(409);
    confirms.get(1).complete("");
    assertThat(problem(comment("s", "alice", "other", "mine")).status()).isEqualTo(409);
    comment("s", "alice", "hi", "mine");
    confirms.get(2).fail(new BrokerUnavailable("away"));
    assertThat(problem(comment("s", "alice", "other", "mine")).status()).isEqualTo(409);
  }

  @Test
  void aCommentThatWasNotConfirmedLeavesItsIdFree() {
    comment("s", "alice", "hi", "mine");
    confirms.get(0).fail(new BrokerUnavailable("away"));
    assertThat(comment("s", "alice", "other", "mine").failed()).isFalse();
  }

  @Test
  void replyMetaAndProfileTravelWithTheComment() {
    Caller caller =
        new Caller(
            "alice", AccessRole.VIEWER, List.of("*"), "{\"name\":\"A\"}", Long.MAX_VALUE, "");
    intake.comment(
        new CommentSubmission(
            caller, "s", null, "hi", "1", "c9", Map.of("list", List.of(1L, "é\u2028")), null));
    CommentRequest sent = enqueued.get(0);
    assertThat(sent.getReplyTo()).isEqualTo("c9");
    assertThat(sent.getMeta()).isEqualTo("{\"list\":[1,\"é\\u2028\"]}");
    assertThat(sent.getProfile()).isEqualTo("{\"name\":\"A\"}");
    assertThat(problem(submit("hi", "2", 7L, null)).field()).isEqualTo("reply_to");
    assertThat(problem(submit("hi", "2", "", null)).field()).isEqualTo("reply_to");
    for (Object meta : List.of("text", 1L, List.of(1L), Map.of("a", "x".repeat(1024)))) {
      assertThat(problem(submit("hi", "2", null, meta)).field()).isEqualTo("meta");
    }
    submit("hi", "2", null, Map.of("a", "x".repeat(1016)));
    assertThat(enqueued).hasSize(2);
  }

  @Test
  void aCommentThatIsHeldGoesToTheModerators() {
    words = new WordList(List.of("hold doubtful"));
    store.instantly("otherPins", 0L);
    Future<AcceptedComment> answer =
        intake.comment(
            new CommentSubmission(Caller.ANONYMOUS, "s", "alice", "a Doubtful text", "mine"));
    assertThat(answer.result()).isEqualTo(new AcceptedComment("mine", true));
    assertThat(enqueued).isEmpty();
    assertThat(published.get(0).getHeld().getWhy()).isEqualTo("words");
    assertThat(published.get(0).getHeld().getComment().getText()).isEqualTo("a Doubtful text");
    // No two comments share an id of the queue, whatever slashes are in their names and ids.
    for (List<String> author : List.of(List.of("a", "b/c"), List.of("a/b", "c"))) {
      intake.comment(
          new CommentSubmission(
              Caller.ANONYMOUS, "s", author.get(0), "doubtful too", author.get(1)));
    }
    assertThat(published).extracting(StreamEvent::getId).doesNotHaveDuplicates().hasSize(3);
  }

  @Test
  void aSilentlyBannedUsersCommentIsHeldAsOthersAreAndReachesNoModerator() {
    words = new WordList(List.of("hold doubtful"));
    Future<Void> read = table.refresh();
    String ban = "{\"silent\":true}";
    store.take("changes").answer(new Changes(1, 0, List.of(new Row("b/s/alice", 1, 90_000, ban))));
    assertThat(read.succeeded()).isTrue();
    Future<AcceptedComment> answer =
        intake.comment(new CommentSubmission(Caller.ANONYMOUS, "s", "alice", "doubtful", "mine"));
    assertThat(answer.result()).isEqualTo(new AcceptedComment("mine", true));
    assertThat(published).isEmpty();
    assertThat(enqueued).isEmpty();
  }

  private Future<String> submit(
      String text, String id, @Nullable Object replyTo, @Nullable Object meta) {
    return intake
        .comment(
            new CommentSubmission(Caller.ANONYMOUS, "s", "alice", text, id, replyTo, meta, null))
        .map(AcceptedComment::id);
  }

  private Problem failed(Throwable cause) {
    Future<String> answer = comment("s", "alice", "hi", "mine");
    confirms.get(confirms.size() - 1).fail(cause);
    return problem(answer);
  }

  private static Problem problem(Future<String> answer) {
    assertThat(answer.failed()).isTrue();
    return ((ProblemException) answer.cause()).problem();
  }

  private Future<String> comment(
      String stream, @Nullable Object user, @Nullable Object text, @Nullable Object id) {
    return intake
        .comment(new CommentSubmission(Caller.ANONYMOUS, stream, user, text, id))
        .map(AcceptedComment::id);
  }
}
