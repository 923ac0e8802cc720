package io.ovation.moderation;

import com.google.re2j.Pattern;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter.MeterProvider;
import io.ovation.http.problem.Problem;
import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.CommentRequestOrBuilder;
import io.ovation.metrics.Metrics;
import io.ovation.moderation.Ban.Active;
import io.ovation.moderation.hooks.CommentHook;
import io.ovation.queue.Partitions;
import io.ovation.store.Store;
import io.ovation.store.Store.Effect;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Holds each comment to the bans, the stream's settings, the word list and then the broadcaster's
 * hook, on every door. Moderators are held to bans only. Any thread.
 */
public final class CommentRules {
  /** The full stop of Chinese and Japanese: browsers take it for a dot in an address. */
  private static final char DOT = '\u3002';

  /** In a normalized text, in which the first letter of .рф is Latin. */
  private static final Pattern LINK =
      Pattern.compile(
          "[a-z][a-z0-9+.-]*://|www\\.|[\\pL\\pN][.\u3002](?:com|net|org|info|biz|io|co|gg|tv|me|app|dev|ly"
              + "|xyz|link|live|site|shop|online|top|club|de|uk|fr|nl|eu|ru|cn|us|in|it|es|br|pl|jp|p\u0444|xn--[a-z0-9-]+)"
              + "(?:[^\\pL\\pN]|$)");

  /** A comment that is to be held waits no longer than this for the store. */
  private static final long STORE_MS = 100;

  private final ModerationTable table;
  private final Supplier<WordList> words;
  private final Store store;
  private final Partitions partitions;
  private final CommentHook hook;
  private final MeterProvider<Counter> decided;

  public CommentRules(
      ModerationTable table,
      Supplier<WordList> words,
      Store store,
      Partitions partitions,
      CommentHook hook,
      Metrics metrics) {
    this.table = table;
    this.words = words;
    this.store = store;
    this.partitions = partitions;
    this.hook = hook;
    this.decided =
        metrics.counters(
            "ovation.moderation.comments", "Comments that a rule refused, masked, held or hid");
  }

  /**
   * Refuses a comment, or changes it: its text may be masked, or it is marked for its author only.
   *
   * @param moderator the author is a moderator of the stream
   * @return why it must be held; null if it need not. Fails with {@code ProblemException}
   */
  public Future<@Nullable String> check(CommentRequest.Builder comment, boolean moderator) {
    Active ban = table.ban(comment.getStream(), comment.getUser());
    if (ban != null && !ban.ban().silent()) {
      return refuse("banned", banned(ban));
    }
    if (ban != null) {
      count("silent");
      comment.setOnlyAuthor(true);
    }
    if (moderator) {
      return Future.succeededFuture();
    }
    StreamSettings settings = table.settings(comment.getStream());
    Problem refusal = refusal(comment.getText(), settings);
    if (refusal != null) {
      return refuse(refusal.code(), refusal);
    }
    WordList.Verdict verdict = words.get().check(comment.getText());
    if (verdict.action() == WordList.Action.DENY) {
      return refuse(
          "words", new Problem(403, "words", "text", "text: has a word that is not allowed here"));
    }
    if (!verdict.text().equals(comment.getText())) {
      count("masked");
      comment.setText(verdict.text());
    }
    String why =
        verdict.action() == WordList.Action.HOLD ? "words" : settings.review() ? "review" : null;
    Future<Void> turn = slowMode(comment, settings.slowModeMs());
    return comment.getOnlyAuthor()
        ? turn.map(why) // As all others are answered, or the ban would be noticed.
        : turn.compose(v -> askHook(comment))
            .compose(held -> held(comment, why == null ? held : why));
  }

  /** Why the hook wants it held. */
  private Future<@Nullable String> askHook(CommentRequest.Builder comment) {
    return hook.check(comment).onFailure(refused -> count("hook"));
  }

  /**
   * Refuses a comment that would be held if the user has as many as may be. While the store does
   * not answer it is held: of too many, the store drops the user's oldest.
   */
  private Future<@Nullable String> held(CommentRequestOrBuilder comment, @Nullable String why) {
    if (why == null) {
      return Future.succeededFuture();
    }
    String stream = comment.getStream();
    Future<Long> others =
        store.otherPins(
            partitions.of(stream), stream, Effect.held(comment.getUser(), comment.getId()));
    Future<Long> soon =
        others.isComplete() ? others : others.timeout(STORE_MS, TimeUnit.MILLISECONDS);
    return soon.otherwise(0L)
        .compose(
            count -> {
              if (count >= Effect.HELD_OF_USER) {
                return refuse("too_many_held", tooManyHeld(count));
              }
              count("held");
              return Future.succeededFuture(why);
            });
  }

  private static Problem tooManyHeld(long count) {
    String detail = "%d comments of yours wait for a moderator; write again once some are decided";
    return new Problem(429, "too_many_held", "user", "user: " + detail.formatted(count), 60);
  }

  private static Problem banned(Active ban) {
    String reason = ban.ban().reason().isEmpty() ? "" : ": " + ban.ban().reason();
    String end = ban.leftMs() > TimeUnit.DAYS.toMillis(365) ? "" : "; the ban ends by itself";
    String where = ban.stream().equals(Ban.ALL_STREAMS) ? "on all streams" : "on this stream";
    String detail = "user: is banned from commenting " + where + reason + end;
    long seconds = Math.min(Integer.MAX_VALUE, (ban.leftMs() + 999) / 1000);
    return new Problem(403, "banned", "user", detail, end.isEmpty() ? 0 : (int) seconds);
  }

  private static @Nullable Problem refusal(String text, StreamSettings settings) {
    if (settings.readOnly()) {
      return new Problem(
          403, "read_only", null, "only moderators may comment on this stream at present", 0);
    }
    if (text.codePointCount(0, text.length()) > settings.maxText()) {
      return new Problem(
          400, "invalid", "text", "text: must be 1-" + settings.maxText() + " characters here", 0);
    }
    return !settings.links() && hasLink(NormalizedText.of(text))
        ? new Problem(403, "links", "text", "text: links are not allowed on this stream", 0)
        : null;
  }

  private static boolean hasLink(String text) {
    boolean mayHave = text.indexOf('.') >= 0 || text.indexOf(DOT) >= 0 || text.contains("://");
    return mayHave && LINK.matcher(text).find();
  }

  /** The store decides, so that the limit also holds for a user who posts to several nodes. */
  private Future<Void> slowMode(CommentRequest.Builder comment, long ms) {
    if (ms == 0) {
      return Future.succeededFuture();
    }
    String key = "slow/" + comment.getStream() + "/" + comment.getUser();
    String mine = comment.getAtMs() + "/" + comment.getId();
    return store
        .compareAndSet(key, 0, mine, Duration.ofMillis(ms))
        .compose(
            record -> {
              String[] first = record.value().split("/", 2);
              // The same comment again is a retry, and has its place already.
              if (first.length == 2 && first[1].equals(comment.getId())) {
                return Future.succeededFuture();
              }
              long left = Long.parseLong(first[0]) + ms - comment.getAtMs();
              long bounded = Math.max(1, Math.min(ms, left));
              String detail = "slow mode: one comment every %s; retry in %d s";
              int seconds = (int) ((bounded + 999) / 1000);
              return refuse(
                  "slow_mode",
                  new Problem(
                      429,
                      "slow_mode",
                      null,
                      detail.formatted(DurationText.of(ms), seconds),
                      seconds));
            });
  }

  private <T> Future<T> refuse(String rule, Problem problem) {
    count(rule);
    return Future.failedFuture(problem.exception());
  }

  private void count(String rule) {
    decided.withTag("rule", rule).increment();
  }
}
