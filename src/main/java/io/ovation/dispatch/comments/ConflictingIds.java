package io.ovation.dispatch.comments;

import io.ovation.dispatch.DispatchContext;
import io.ovation.store.Store.History;
import io.ovation.store.Store.Kept;
import io.ovation.trace.Correlation;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a repetition from an id that was used twice. Ingress refuses the second content where it
 * knows the first, or finds it in history; else it is accepted, and dropped here as a repetition.
 * That is counted and logged. Costs nothing but for items that are known: one read of history each.
 */
final class ConflictingIds {
  private static final Logger log = LoggerFactory.getLogger(ConflictingIds.class);

  /** Reads at once. Beyond them, as after a takeover, items are not compared. */
  static final int MAX_READS = 16;

  private static final long LOG_MS = 60_000;

  /** What the sender of an item does not choose. */
  private static final List<String> NOT_CONTENT = List.of("at", "ends", "profile", "offset");

  private final DispatchContext d;
  private final int partition;
  private int reads;
  private long quietUntil;

  ConflictingIds(DispatchContext context, int partition) {
    this.d = context;
    this.partition = partition;
    this.quietUntil = context.monotonicMillis().getAsLong();
  }

  /** Compares an item that the store has answered, if it is known, with what history has. */
  void check(PendingEvent item) {
    boolean comparable = item.known() && !item.deleted() && item.offset() > 0;
    if (!comparable || item.arrived() || item.hidden() || reads >= MAX_READS) {
      return;
    }
    reads++;
    d.store()
        .history(partition, item.stream(), item.offset() - 1, 1)
        .map(history -> differs(history, item))
        .onComplete(
            read -> {
              reads--;
              if (read.succeeded() && read.result()) {
                conflict(item);
              }
            });
  }

  private static boolean differs(History history, PendingEvent item) {
    if (history.entries().isEmpty()) {
      return false;
    }
    Kept first = history.entries().get(0);
    byte[] second = item.append().body();
    return first.offset() == item.offset()
        && !first.hole()
        && !first.tombstone()
        && !Arrays.equals(first.body(), second)
        && !content(first.body()).equals(content(second));
  }

  /**
   * @param body the JSON up to and including {@code "offset":}
   */
  private static JsonObject content(byte[] body) {
    JsonObject json = new JsonObject(new String(body, StandardCharsets.UTF_8) + "0}");
    NOT_CONTENT.forEach(json::remove);
    return json;
  }

  private void conflict(PendingEvent item) {
    d.metrics().conflictingIds.increment();
    long now = d.monotonicMillis().getAsLong();
    if (now >= quietUntil) {
      quietUntil = now + LOG_MS;
      Correlation.run(item.traceparent(), item.append().id(), null, () -> warn(item));
    }
  }

  private void warn(PendingEvent item) {
    log.warn(
        "stream {}: the id {} was used within 10 minutes for another content; the second was"
            + " dropped, and its sender was answered as if it were a repetition. A client must"
            + " use a new id for each comment or event. This is logged once a minute for"
            + " partition {}; ovation_dispatch_conflicting_ids_total counts all",
        item.stream(),
        item.append().id(),
        partition);
  }
}
