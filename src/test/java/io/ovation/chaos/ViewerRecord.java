package io.ovation.chaos;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything that one viewer received over all its connections. What a viewer can see by itself is
 * checked as it comes: offsets rise, and no position is refused. Thread-safe.
 */
final class ViewerRecord {
  /** How much of what came before is shown with a broken promise. */
  private static final int CONTEXT = 12;

  private static final Set<String> PASSING = Set.of("unavailable", "busy", "rate", "internal");

  private final String name;
  private final String stream;
  private final Timeline timeline;
  private final Map<String, Long> offsets = new HashMap<>();
  private final List<Repeat> repeats = new ArrayList<>();
  private final List<Gap> gaps = new ArrayList<>();
  private final List<String> recent = new ArrayList<>();
  private final List<String> violations = new ArrayList<>();
  private long position = -1;
  private int connections;

  /** A range that the server declared lost, both ends included. */
  record Gap(long from, long to) {
    boolean covers(long offset) {
      return from <= offset && offset <= to;
    }

    /** Whether there may be something of it between these offsets, which are not in it. */
    boolean reachesBetween(long low, long high) {
      return from < high && low < to;
    }
  }

  /**
   * A comment that came again.
   *
   * @param first where it was
   * @param again where it is now
   * @param context what the viewer received before
   */
  record Repeat(String id, long first, long again, String context) {}

  ViewerRecord(String name, String stream, Timeline timeline) {
    this.name = name;
    this.stream = stream;
    this.timeline = timeline;
  }

  String stream() {
    return stream;
  }

  /** What the viewer resumes with; negative before the first {@code watching}. */
  synchronized long position() {
    return position;
  }

  /** Takes any message of the server. */
  synchronized void message(JsonObject message) {
    switch (message.getString("type", "")) {
      case "watching" -> watching(message.getLong("offset"));
      case "comment" -> comment(message.getString("id"), message.getLong("offset"));
      case "gap" -> gap(message.getLong("from"), message.getLong("to"));
      case "error" -> error(message.getString("code", ""), message.encode());
      default -> {}
    }
  }

  private void watching(long offset) {
    connections++;
    note("watching at " + offset + ", connection " + connections);
    if (position < 0) {
      position = offset;
    }
  }

  private void comment(String id, long offset) {
    note("comment " + id + " at " + offset);
    if (offset <= position) {
      violate("offset " + offset + " came after " + position);
    }
    Long before = offsets.putIfAbsent(id, offset);
    if (before != null) {
      String what = id + " came twice, at " + before + " and at " + offset;
      repeats.add(new Repeat(id, before, offset, inContext(what)));
    }
    position = Math.max(position, offset);
  }

  private void gap(long from, long to) {
    note("gap from " + from + " to " + to);
    if (from > to) {
      violate("the gap ends before it begins");
    }
    gaps.add(new Gap(from, to));
    position = Math.max(position, to);
  }

  /** What passes by itself may be answered; that this viewer is not wanted may not. */
  private void error(String code, String message) {
    note(message);
    if (!PASSING.contains(code)) {
      violate("refused: " + message);
    }
  }

  /** The connection ended, or could not be made. */
  synchronized void away(String why) {
    note("away: " + why);
  }

  private void note(String event) {
    recent.add(timeline.timed(event));
    if (recent.size() > CONTEXT) {
      recent.remove(0);
    }
  }

  private void violate(String what) {
    violations.add(inContext(what));
  }

  private String inContext(String what) {
    return "%s: %s%n    %s%n    faults: %s"
        .formatted(
            this,
            what,
            String.join("\n    ", recent),
            String.join("\n            ", timeline.last(6)));
  }

  /** A comment that this viewer should have: what it received around it. */
  synchronized String around(@Nullable Long offset) {
    if (offset == null) {
      return "no viewer saw it, nor does history have it; gaps " + gaps;
    }
    Long before = offsets.values().stream().filter(o -> o < offset).max(Long::compare).orElse(null);
    Long after = offsets.values().stream().filter(o -> o > offset).min(Long::compare).orElse(null);
    return "it is at %d; this viewer has %s before and %s after, gaps %s"
        .formatted(offset, before, after, gaps);
  }

  synchronized boolean saw(String id) {
    return offsets.containsKey(id);
  }

  /** Where each comment was when it came first. */
  synchronized Map<String, Long> offsets() {
    return Map.copyOf(offsets);
  }

  synchronized List<Repeat> repeats() {
    return List.copyOf(repeats);
  }

  synchronized int connections() {
    return connections;
  }

  synchronized List<Gap> gaps() {
    return List.copyOf(gaps);
  }

  synchronized List<String> violations() {
    return List.copyOf(violations);
  }

  @Override
  public String toString() {
    return name + " on " + stream;
  }
}
