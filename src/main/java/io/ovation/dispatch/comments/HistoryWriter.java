package io.ovation.dispatch.comments;

import io.ovation.async.DependencyUnavailable;
import io.ovation.dispatch.DispatchContext;
import io.ovation.store.StaleEpoch;
import io.ovation.store.Store.Append;
import io.ovation.store.Store.Appended;
import io.ovation.store.StoreRefused;
import io.ovation.trace.Correlation;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One partition's writes to history. A store that answers a write with an error, such as for a key
 * of a wrong type, is no outage, and the other streams of that write must not wait for it: after
 * {@link #LIMIT} such answers in a row each stream is written alone. A stream that is still refused
 * is left out for a minute. On the dispatcher's context.
 */
final class HistoryWriter {
  private static final Logger log = LoggerFactory.getLogger(HistoryWriter.class);
  static final int LIMIT = 3;
  static final long AGAIN_MS = 60_000;

  /** Refused streams that are remembered. */
  private static final int STREAMS = 10_000;

  private static final Appended REFUSED = new Appended(-1, 0, false);

  private final DispatchContext d;
  private final int partition;
  private final long epoch;
  private final StreamOffsets offsets;

  /** Refused streams, and when they are written again. */
  private final Map<String, Long> refused = new LinkedHashMap<>();

  private int inARow;

  HistoryWriter(DispatchContext context, int partition, long epoch, StreamOffsets offsets) {
    this.d = context;
    this.partition = partition;
    this.epoch = epoch;
    this.offsets = offsets;
  }

  /** Whether the answer to an append says that history does not get this item. */
  static boolean isRefused(Appended answer) {
    return answer.offset() < 0;
  }

  /** Whether events of this stream are left out at present. */
  boolean refuses(String stream) {
    Long until = refused.get(stream);
    if (until != null && d.monotonicMillis().getAsLong() >= until) {
      refused.remove(stream);
      return false;
    }
    return until != null;
  }

  /** An answer per item; {@link #isRefused} for those that history does not get. */
  Future<List<Appended>> append(List<Append> items) {
    if (refused.isEmpty() && inARow < LIMIT) {
      return store(items).onSuccess(v -> inARow = 0).onFailure(this::count);
    }
    Appended[] answers = new Appended[items.size()];
    Arrays.fill(answers, REFUSED);
    List<Future<?>> parts = new ArrayList<>();
    for (List<Integer> part : parts(items)) {
      parts.add(append(part, items, answers));
    }
    return parts.isEmpty()
        ? Future.succeededFuture(List.of(answers))
        : Future.join(parts).map(v -> List.of(answers)).onSuccess(v -> inARow = 0);
  }

  private Future<List<Appended>> store(List<Append> items) {
    return d.store().append(partition, epoch, items, offsets.stored(items));
  }

  /** The indexes of the items that are written together. */
  private Collection<List<Integer>> parts(List<Append> items) {
    Map<String, List<Integer>> parts = new LinkedHashMap<>();
    for (int i = 0; i < items.size(); i++) {
      String stream = items.get(i).stream();
      if (!refuses(stream)) {
        parts.computeIfAbsent(inARow < LIMIT ? "" : stream, s -> new ArrayList<>()).add(i);
      }
    }
    return parts.values();
  }

  private Future<?> append(List<Integer> part, List<Append> items, Appended[] answers) {
    boolean alone = inARow >= LIMIT;
    return store(part.stream().map(items::get).toList())
        .onSuccess(
            stored -> {
              for (int i = 0; i < part.size(); i++) {
                answers[part.get(i)] = stored.get(i);
              }
            })
        .onFailure(this::count)
        .recover(
            cause -> {
              if (!alone || !isRefusal(cause)) {
                return Future.failedFuture(cause);
              }
              Append first = items.get(part.get(0));
              Correlation.run(null, first.id(), null, () -> refuse(first.stream(), cause));
              return Future.succeededFuture(List.of());
            });
  }

  private void count(Throwable cause) {
    if (isRefusal(cause)) {
      inARow++;
    }
  }

  private void refuse(String stream, Throwable cause) {
    log.error(
        "the store refuses what belongs to stream {}: its events are delivered, and history lacks"
            + " them; it is written again in {} s",
        stream,
        AGAIN_MS / 1_000,
        cause);
    if (refused.size() >= STREAMS) {
      refused.remove(refused.keySet().iterator().next());
    }
    refused.put(stream, d.monotonicMillis().getAsLong() + AGAIN_MS);
  }

  private static boolean isRefusal(Throwable cause) {
    return cause instanceof StoreRefused
        || !(cause instanceof StaleEpoch || cause instanceof DependencyUnavailable);
  }

  /** Records gaps; one that is refused is forgotten. */
  Future<Void> record(HistoryGaps gaps) {
    return gaps.record(d.store(), partition, epoch, HistoryGaps.CHUNK)
        .recover(cause -> isRefusal(cause) ? recordFirst(gaps) : Future.failedFuture(cause));
  }

  private Future<Void> recordFirst(HistoryGaps gaps) {
    return gaps.record(d.store(), partition, epoch, 1)
        .recover(
            cause -> {
              if (!isRefusal(cause)) {
                return Future.failedFuture(cause);
              }
              log.error("the store refuses to record a gap: {}", gaps.removeFirst(), cause);
              d.metrics().unrecordedGaps.increment();
              return Future.succeededFuture();
            });
  }
}
