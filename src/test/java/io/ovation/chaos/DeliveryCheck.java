package io.ovation.chaos;

import io.ovation.chaos.StoredComments.Stored;
import io.ovation.chaos.ViewerRecord.Gap;
import io.ovation.chaos.ViewerRecord.Repeat;
import io.ovation.testkit.CommentLoad.Times;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Compares what the viewers of one stream received with what was accepted, with each other and with
 * history. Every accepted comment reached every viewer once, or lies in a gap that the viewer was
 * told; an offset is one comment's for all; there is a gap only where the store was in trouble.
 */
final class DeliveryCheck {
  private static final int SHOWN = 5;

  private final Timeline timeline;
  private final String stream;
  private final Map<String, Times> accepted;
  private final List<ViewerRecord> viewers;
  private final StoredComments history;

  /** Every offset at which a comment was seen or stored. */
  private final Map<String, TreeSet<Long>> places = new HashMap<>();

  /** Offset → id → who says so. */
  private final TreeMap<Long, Map<String, String>> byOffset = new TreeMap<>();

  /**
   * @param accepted comments by id
   */
  DeliveryCheck(
      Timeline timeline,
      String stream,
      Map<String, Times> accepted,
      List<ViewerRecord> viewers,
      StoredComments history) {
    this.timeline = timeline;
    this.stream = stream;
    this.accepted = accepted;
    this.viewers = viewers;
    this.history = history;
    for (ViewerRecord viewer : viewers) {
      viewer.offsets().forEach((id, offset) -> place(id, offset, viewer.toString()));
      viewer.repeats().forEach(again -> place(again.id(), again.again(), viewer.toString()));
    }
    history.all().forEach(stored -> place(stored.id(), stored.offset(), "history"));
  }

  private void place(String id, long offset, String who) {
    places.computeIfAbsent(id, i -> new TreeSet<>()).add(offset);
    byOffset.computeIfAbsent(offset, o -> new LinkedHashMap<>()).putIfAbsent(id, who);
  }

  /** Every broken promise, in words. */
  List<String> violations() {
    List<String> violations = new ArrayList<>(history.violations());
    lost().forEach((viewer, ids) -> violations.add(lost(viewer, ids)));
    disagreements(violations);
    for (ViewerRecord viewer : viewers) {
      violations.addAll(viewer.violations());
      for (Repeat again : viewer.repeats()) {
        if (!timeline.mayBeLost(again.first())) {
          violations.add(again.context());
        }
      }
      for (Gap gap : viewer.gaps()) {
        if (!explained(gap)) {
          violations.add("%s was told %s, and the store was well".formatted(viewer, gap));
        }
      }
    }
    List<Stored> absent = absentFromHistory();
    if (!absent.isEmpty()) {
      violations.add(
          "history of %s lacks %d comments that viewers saw, and the store was well: %s"
              .formatted(stream, absent.size(), absent.stream().limit(SHOWN).toList()));
    }
    return violations;
  }

  /** Nothing is missing that may still come. */
  boolean complete() {
    return lost().isEmpty() && absentFromHistory().isEmpty();
  }

  /** The accepted ids that neither came to a viewer nor lie in a gap that it was told. */
  private Map<ViewerRecord, Set<String>> lost() {
    Map<ViewerRecord, Set<String>> lost = new LinkedHashMap<>();
    for (ViewerRecord viewer : viewers) {
      Set<String> ids = new HashSet<>(accepted.keySet());
      ids.removeAll(viewer.offsets().keySet());
      ids.removeIf(id -> inGap(id, viewer.gaps()));
      if (!ids.isEmpty()) {
        lost.put(viewer, ids);
      }
    }
    return lost;
  }

  private boolean inGap(String id, List<Gap> gaps) {
    Set<Long> offsets = places.get(id);
    if (offsets != null) {
      return gaps.stream().anyMatch(gap -> offsets.stream().anyMatch(gap::covers));
    }
    Gap between = neighbours(Objects.requireNonNull(accepted.get(id)));
    return gaps.stream().anyMatch(gap -> gap.reachesBetween(between.from(), between.to()));
  }

  /**
   * Nobody knows where the comment was. It came after all that were accepted before it was first
   * sent, and before all that were first sent after it was accepted: the queue keeps that order.
   */
  private Gap neighbours(Times times) {
    long low = 0;
    long high = Long.MAX_VALUE;
    for (Map.Entry<String, Times> other : accepted.entrySet()) {
      TreeSet<Long> offsets = places.get(other.getKey());
      if (offsets != null && other.getValue().accepted() < times.sent()) {
        low = Math.max(low, offsets.first());
      } else if (offsets != null && other.getValue().sent() > times.accepted()) {
        high = Math.min(high, offsets.last());
      }
    }
    return new Gap(Math.min(low, high), Math.max(low, high));
  }

  private String lost(ViewerRecord viewer, Set<String> ids) {
    List<String> shown =
        ids.stream()
            .sorted(Comparator.comparing(id -> acceptedAt(id)))
            .limit(SHOWN)
            .map(
                id ->
                    timeline.timed(
                        acceptedAt(id), id + " was accepted: " + viewer.around(place(id))))
            .toList();
    return "%s lost %d comments without a gap:%n    %s"
        .formatted(viewer, ids.size(), String.join("\n    ", shown));
  }

  private long acceptedAt(String id) {
    return Objects.requireNonNull(accepted.get(id)).accepted();
  }

  private @Nullable Long place(String id) {
    TreeSet<Long> offsets = places.get(id);
    return offsets == null ? null : offsets.last();
  }

  /** One offset is one comment's; a comment has one offset, unless the store lost the first. */
  private void disagreements(List<String> violations) {
    byOffset.forEach(
        (offset, ids) -> {
          if (ids.size() > 1) {
            violations.add(
                "offset %d of %s is that of different comments: %s".formatted(offset, stream, ids));
          }
        });
    places.forEach(
        (id, offsets) -> {
          if (!offsets.headSet(offsets.last()).stream().allMatch(timeline::mayBeLost)) {
            List<String> said =
                offsets.stream()
                    .map(o -> o + " for " + Objects.requireNonNull(byOffset.get(o)).get(id))
                    .toList();
            violations.add("%s on %s has different offsets: %s".formatted(id, stream, said));
          }
        });
  }

  /**
   * A gap may say that the store did not have, or could not read, what came while it was in
   * trouble: until the next comment that is known, for a gap ends with the last one that the node
   * has.
   */
  private boolean explained(Gap gap) {
    Long next = byOffset.higherKey(gap.to());
    return timeline.storeTroubled(gap.from(), next == null ? Long.MAX_VALUE : next);
  }

  /** What viewers saw, and history does not have although it was not away at that time. */
  private List<Stored> absentFromHistory() {
    List<Stored> absent = new ArrayList<>();
    byOffset
        .tailMap(history.completeFrom())
        .forEach(
            (offset, ids) ->
                ids.keySet().stream()
                    .map(id -> new Stored(id, offset))
                    .filter(seen -> !history.all().contains(seen))
                    .filter(seen -> !timeline.storeTroubled(offset, offset))
                    .forEach(absent::add));
    return absent;
  }
}
