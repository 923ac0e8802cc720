package io.ovation.chaos;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything that one viewer received over all its connections, checked as it comes: offsets rise,
 * no id comes twice but for a store that lost data, no gap is told without a cause, no position is
 * refused. Thread-safe.
 */
final class ViewerRecord {
  /** How much of what came before is shown with a broken promise. */
  private static final int CONTEXT = 12;

  private static final Set<String> PASSING = Set.of("unavailable", "busy", "rate", "internal");

  private final String name;
  private final String stream;
  private final Timeline timeline;
  private final Map<String, Long> offsets = new HashMap<>();
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
  }

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
    if (before != null && !timeline.mayBeLost(before)) {
      violate(id + " came twice, at " + before + " and at " + offset);
    }
    position = Math.max(position, offset);
  }

  private void gap(long from, long to) {
    note("gap from " + from + " to " + to);
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
    violations.add(
        "%s: %s%n    %s%n    faults: %s"
            .formatted(
                this,
                what,
                String.join("\n    ", recent),
                String.join("\n            ", timeline.last(6))));
  }

  /** A comment that this viewer should have: what it received around it. */
  synchronized String around(@Nullable Long offset) {
    if (offset == null) {
      return "no viewer saw it";
    }
    Long before = offsets.values().stream().filter(o -> o < offset).max(Long::compare).orElse(null);
    Long after = offsets.values().stream().filter(o -> o > offset).min(Long::compare).orElse(null);
    return "others saw it at %d; this one has %s before and %s after, gaps %s"
        .formatted(offset, before, after, gaps);
  }

  /** Gaps that nothing explains. */
  synchronized List<String> unexplainedGaps() {
    return gaps.stream()
        .filter(gap -> !timeline.storeTroubled(gap.from(), gap.to()))
        .map(gap -> "%s was told %s, and the store was well".formatted(this, gap))
        .toList();
  }

  synchronized boolean saw(String id) {
    return offsets.containsKey(id);
  }

  synchronized Map<String, Long> offsets() {
    return Map.copyOf(offsets);
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

  /**
   * The accepted ids that neither came nor lie in a gap.
   *
   * @param known offsets by id, from all viewers of the stream; an id that nobody saw counts as
   *     covered by any gap
   */
  synchronized Set<String> lost(Set<String> accepted, Map<String, Long> known) {
    Set<String> lost = new HashSet<>(accepted);
    lost.removeAll(offsets.keySet());
    lost.removeIf(
        id -> {
          Long offset = known.get(id);
          return offset == null
              ? !gaps.isEmpty()
              : gaps.stream().anyMatch(gap -> gap.covers(offset));
        });
    return lost;
  }

  @Override
  public String toString() {
    return name + " on " + stream;
  }
}
