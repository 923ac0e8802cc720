package io.ovation.load;

import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.util.BitSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * One viewer, which keeps to the viewers' protocol: when it is asked to reconnect, or its
 * connection ends, it returns after a pause and resumes from its position. Any thread.
 */
final class LoadViewer {
  private static final long FIRST_PAUSE_MS = 500;
  private static final long MAX_PAUSE_MS = 8_000;

  /** Attempts in a row that fail until the viewer gives up; about a minute. */
  private static final int ATTEMPTS = 10;

  /** From this close code on, a viewer does not return. */
  private static final int FINAL_CODES = 4500;

  /** What a later attempt may be spared. */
  private static final Set<String> PASSING = Set.of("unavailable", "busy", "rate", "internal");

  private final Vertx vertx;
  private final LoadTransport transport;
  private final LoadReport report;
  private final Runnable firstWatch;
  private final String stream;
  private final JsonObject watch;

  /** The numbers of the comments that it received. */
  private final BitSet received = new BitSet();

  /** Counts connections: what an earlier one still says is ignored. */
  private int connection;

  private int failures;
  private boolean watching;
  private boolean watchedBefore;
  private boolean gone;
  private @Nullable Runnable close;

  /**
   * @param watch with {@code stream}, {@code user} and {@code token}
   * @param firstWatch runs when it watches for the first time
   */
  LoadViewer(
      Vertx vertx,
      LoadTransport transport,
      LoadReport report,
      JsonObject watch,
      Runnable firstWatch) {
    this.vertx = vertx;
    this.transport = transport;
    this.report = report;
    this.firstWatch = firstWatch;
    this.stream = watch.getString("stream");
    this.watch = watch.copy().put("type", "watch");
  }

  String stream() {
    return stream;
  }

  synchronized boolean watching() {
    return watching;
  }

  /** How many of these comments it has not received. */
  synchronized int missing(BitSet accepted) {
    BitSet missing = (BitSet) accepted.clone();
    missing.andNot(received);
    return missing.cardinality();
  }

  /** Connects, and keeps connected until {@link #stop}. */
  synchronized void connect() {
    if (gone) {
      return;
    }
    int mine = ++connection;
    transport
        .open(watch.copy(), text -> message(mine, text), code -> ended(mine, code))
        .onSuccess(closer -> opened(mine, closer))
        .onFailure(e -> refused(mine, e));
  }

  synchronized void stop() {
    gone = true;
    leave();
  }

  private void leave() {
    Runnable open = close;
    connection++;
    watching = false;
    close = null;
    if (open != null) {
      open.run();
    }
  }

  private synchronized void opened(int mine, Runnable closer) {
    if (mine == connection) {
      close = closer;
    } else {
      closer.run();
    }
  }

  private synchronized void refused(int mine, Throwable cause) {
    if (mine == connection) {
      report.problem("no connection", String.valueOf(cause.getMessage()));
      retry(cause instanceof LoadTransport.Refused refused ? refused.retryAfterMs : 0);
    }
  }

  private synchronized void ended(int mine, int code) {
    if (mine == connection) {
      report.closed();
      if (code >= FINAL_CODES) {
        report.problem("closed for good", "close code " + code);
        stop();
      } else {
        retry(0);
      }
    }
  }

  private void retry(long atLeastMs) {
    leave();
    if (++failures > ATTEMPTS) {
      report.problem("gave up", ATTEMPTS + " attempts in a row failed");
      gone = true;
      return;
    }
    long grown = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS << Math.min(failures - 1, 10));
    returnAfter(Math.max(atLeastMs, grown / 2 + ThreadLocalRandom.current().nextLong(grown)));
  }

  private void returnAfter(long ms) {
    vertx.setTimer(Math.max(1, ms), timer -> connect());
  }

  private synchronized void message(int mine, String text) {
    if (mine != connection || text.isEmpty()) {
      return;
    }
    long now = System.nanoTime();
    JsonObject message = new JsonObject(text);
    switch (message.getString("type", "")) {
      case "watching" -> watching(message);
      case "comment" -> comment(message, now);
      case "gap" -> {
        report.problem("gap", text);
        watch.put("since", message.getLong("to"));
      }
      case "error" -> error(message, text);
      case "reconnect" -> {
        report.reconnect(message.getString("reason", "no reason"));
        leave();
        returnAfter(message.getLong("after_ms", 0L));
      }
      default -> {
        // Other events are sent by others than this command, and are not resumed from.
      }
    }
  }

  private void watching(JsonObject message) {
    watching = true;
    failures = 0;
    watch.put("since", message.getLong("offset")).put("region", message.getString("region"));
    if (!watchedBefore) {
      watchedBefore = true;
      firstWatch.run();
    }
  }

  private void comment(JsonObject message, long now) {
    watch.put("since", message.getLong("offset"));
    int number = report.arrived(message.getString("id"), now);
    if (number >= 0) {
      if (received.get(number)) {
        report.doubled();
      }
      received.set(number);
    }
  }

  private void error(JsonObject message, String text) {
    String code = message.getString("code", "none");
    report.problem("error " + code, text);
    if (!watching && PASSING.contains(code)) {
      retry(message.getLong("retry_after_ms", 0L));
    } else if (!watching) {
      stop();
    }
  }
}
