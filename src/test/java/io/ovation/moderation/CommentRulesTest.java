package io.ovation.moderation;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.live.proto.CommentRequest;
import io.ovation.metrics.Metrics;
import io.ovation.moderation.hooks.CommentHook;
import io.ovation.queue.Partitions;
import io.ovation.store.ScriptedStore;
import io.ovation.store.SharedTable.Changes;
import io.ovation.store.SharedTable.Row;
import io.ovation.store.Store.Versioned;
import io.ovation.testkit.VirtualVertx;
import io.vertx.core.Future;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommentRulesTest {
  private final ScriptedStore store = new ScriptedStore();
  private final Metrics metrics = new Metrics();
  private final ModerationTable table =
      new ModerationTable(new VirtualVertx().vertx(), store.table(), () -> 0, metrics);
  private WordList words = WordList.EMPTY;
  private final CommentRules rules =
      new CommentRules(table, () -> words, store, new Partitions(1), CommentHook.NONE, metrics);
  private long version;

  private void row(String key, String value) {
    Future<Void> read = table.refresh();
    store
        .take("changes")
        .answer(new Changes(++version, 0, List.of(new Row(key, version, 90_000, value))));
    assertThat(read.succeeded()).isTrue();
  }

  private void settings(StreamSettings settings) {
    row("s/s", settings.encode());
  }

  private static CommentRequest.Builder comment(String text) {
    return CommentRequest.newBuilder()
        .setStream("s")
        .setUser("u")
        .setId("1")
        .setText(text)
        .setAtMs(10_000);
  }

  private Problem refused(String text) {
    Future<String> answer = rules.check(comment(text), false);
    assertThat(answer.failed()).isTrue();
    return ((ProblemException) answer.cause()).problem();
  }

  private void allowed(String text, boolean moderator) {
    Future<String> answer = rules.check(comment(text), moderator);
    assertThat(answer.succeeded()).isTrue();
    assertThat(answer.result()).isNull();
  }

  @Test
  void aBannedUserIsToldUntilWhenAndModeratorsCanBeBannedToo() {
    row("b/*/u", new Ban(false, "spam", "m", 1).encode());
    Problem banned = refused("hi");
    assertThat(banned.status()).isEqualTo(403);
    assertThat(banned.code()).isEqualTo("banned");
    assertThat(banned.retryAfterSeconds()).isEqualTo(90);
    assertThat(banned.detail()).contains("spam");
    assertThat(rules.check(comment("hi"), true).failed()).isTrue();
    assertThat(metrics.scrape()).contains("ovation_moderation_comments_total{rule=\"banned\"} 2.0");
  }

  @Test
  void aSilentBanIsNotNoticedByTheUser() {
    row("b/s/u", new Ban(true, "", "m", 1).encode());
    words = new WordList(List.of("hold hi"));
    CommentRequest.Builder comment = comment("hi");
    Future<String> answer = rules.check(comment, false);
    assertThat(answer.succeeded()).isTrue();
    assertThat(answer.result()).isEqualTo("words");
    assertThat(rules.check(comment("ho"), false).result()).isNull();
    settings(new StreamSettings(0, false, true, 500, true));
    assertThat(rules.check(comment("ho"), false).result()).isEqualTo("review");
    assertThat(comment.getOnlyAuthor()).isTrue();
  }

  @Test
  void settingsAreHeldToButNotForModerators() {
    settings(new StreamSettings(0, true, true, 500, false));
    assertThat(refused("hi").code()).isEqualTo("read_only");
    allowed("hi", true);
    settings(new StreamSettings(0, false, true, 5, false));
    assertThat(refused("123456").field()).isEqualTo("text");
    allowed("😀😀😀😀😀", false);
    settings(new StreamSettings(0, false, true, 500, true));
    store.instantly("otherPins", 19L);
    assertThat(rules.check(comment("hi"), false).result()).isEqualTo("review");
    allowed("hi", true);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "see http://a.b/c",
        "HTTPS://x",
        "www.example",
        "go to example.com!",
        "ｅxample．ｃｏｍ",
        "exa\u200bmple.tv",
        "example。com",
        "пример.рф",
        "xn--e1afmkfd.xn--p1ai"
      })
  void linksAreFound(String text) {
    settings(new StreamSettings(0, false, false, 500, false));
    assertThat(refused(text).code()).isEqualTo("links");
  }

  @ParameterizedTest
  @ValueSource(strings = {"hello.world", "3.14", "wow...com", "a.b", "e.g. this", "end.", "combo"})
  void whatOnlyLooksLikeALinkIsNone(String text) {
    settings(new StreamSettings(0, false, false, 500, false));
    allowed(text, false);
  }

  @Test
  void slowModeIsTheStoresWordAndARetryHasItsPlace() {
    settings(new StreamSettings(5_000, false, true, 500, false));
    Future<String> first = rules.check(comment("hi"), false);
    var call = store.take("compareAndSet");
    assertThat(call.arguments.get(0)).isEqualTo("slow/s/u");
    call.answer(new Versioned(1, "10000/1"));
    assertThat(first.succeeded()).isTrue();
    Future<String> second = rules.check(comment("hi").setId("2").setAtMs(12_000), false);
    store.take("compareAndSet").answer(new Versioned(1, "10000/1"));
    Problem slow = ((ProblemException) second.cause()).problem();
    assertThat(slow.code()).isEqualTo("slow_mode");
    assertThat(slow.status()).isEqualTo(429);
    assertThat(slow.retryAfterSeconds()).isEqualTo(3);
    allowed("hi", true);
  }

  @Test
  void wordsAreDeniedMaskedOrHeld() {
    words = new WordList(List.of("deny scum", "mask darn", "hold doubt"));
    assertThat(refused("scum").code()).isEqualTo("words");
    CommentRequest.Builder masked = comment("oh darn");
    assertThat(rules.check(masked, false).succeeded()).isTrue();
    assertThat(masked.getText()).isEqualTo("oh ****");
    store.instantly("otherPins", 0L);
    assertThat(rules.check(comment("I doubt it"), false).result()).isEqualTo("words");
    allowed("scum", true);
  }

  @Test
  void anAuthorOfWhomTwentyAreHeldIsTold() {
    words = new WordList(List.of("hold doubt"));
    store.instantly("otherPins", 20L);
    Problem full = refused("I doubt it");
    assertThat(full.status()).isEqualTo(429);
    assertThat(full.code()).isEqualTo("too_many_held");
    allowed("fine", false);
    assertThat(metrics.scrape())
        .contains("ovation_moderation_comments_total{rule=\"too_many_held\"} 1.0")
        .doesNotContain("rule=\"held\"");
  }

  @Test
  void aDispatcherDropsOrHidesWhatWaitedInTheQueue() {
    BanFilter filter = BanFilter.of(table);
    CommentRequest waiting = comment("hi").build();
    assertThat(filter.admit(waiting)).isSameAs(waiting);
    row("b/s/u", new Ban(true, "", "m", 1).encode());
    assertThat(filter.admit(waiting))
        .isNotNull()
        .matches(hidden -> hidden != null && hidden.getOnlyAuthor());
    row("b/s/u", new Ban(false, "", "m", 1).encode());
    assertThat(filter.admit(waiting)).isNull();
  }
}
