package io.ovation.dispatch.reactions;

import io.ovation.store.Store;
import io.ovation.store.Store.Reactions;
import io.ovation.wire.proto.StateUpdate;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * One partition's totals as the store last told them, for the streams that were last reacted to,
 * and what of them viewers have not been told. All on the dispatcher's context.
 */
final class ReactionTotals {
  /** Streams remembered; of others the store is asked. */
  private static final int STREAMS = 10_000;

  /** Streams per question to the store. */
  private static final int PAGE = 500;

  private static final long RETRY_MS = 2_000;

  private final Vertx vertx;
  private final Store store;
  private final int partition;
  private final Predicate<String> watched;
  private final Consumer<StateUpdate> post;

  private final Map<String, Map<String, Long>> totals =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Map<String, Long>> eldest) {
          return size() > STREAMS;
        }
      };

  /** What came since the viewers were told, by stream and kind. */
  private final Map<String, Map<String, Long>> untold = new HashMap<>();

  /** Watched streams that the store is to be asked of. */
  private final Set<String> unknown = new LinkedHashSet<>();

  private boolean loading;
  private boolean closed;

  /**
   * @param watched whether anybody watches a stream
   * @param post tells its viewers
   */
  ReactionTotals(
      Vertx vertx,
      Store store,
      int partition,
      Predicate<String> watched,
      Consumer<StateUpdate> post) {
    this.vertx = vertx;
    this.store = store;
    this.partition = partition;
    this.watched = watched;
    this.post = post;
  }

  void close() {
    closed = true;
  }

  /**
   * A batch is in the store.
   *
   * @param known it had been there before: whoever added it may not have told anybody, so that the
   *     totals are told, but nothing is said to be new
   * @param now of its streams at least
   */
  void added(Reactions batch, boolean known, Map<String, Map<String, Long>> now) {
    batch
        .counts()
        .forEach(
            (stream, counts) -> {
              totals.put(stream, now.getOrDefault(stream, Map.of()));
              Map<String, Long> more = untold.computeIfAbsent(stream, s -> new TreeMap<>());
              if (!known) {
                counts.forEach((kind, count) -> more.merge(kind, count, Long::sum));
              }
            });
  }

  /** Tells the viewers of each stream that was reacted to; returns how many streams. */
  int tell() {
    Map<String, Map<String, Long>> now = Map.copyOf(untold);
    untold.clear();
    int told = 0;
    for (Map.Entry<String, Map<String, Long>> entry : now.entrySet()) {
      Map<String, Long> sums = totals.get(entry.getKey());
      if (sums != null && watched.test(entry.getKey())) {
        post(entry.getKey(), entry.getValue(), sums);
        told++;
      }
    }
    return told;
  }

  private void post(String stream, Map<String, Long> counts, Map<String, Long> sums) {
    post.accept(
        StateUpdate.newBuilder()
            .setStream(stream)
            .setKind(StateUpdate.Kind.REACTIONS)
            .setJson(ReactionEvent.json(stream, counts, sums))
            .setSnapshot(ReactionEvent.json(stream, Map.of(), sums))
            .build());
  }

  /**
   * These streams have viewers, who are told the totals: from memory, else when the store answers.
   */
  void opened(Collection<String> streams) {
    for (String stream : streams) {
      Map<String, Long> sums = totals.get(stream);
      if (sums == null) {
        unknown.add(stream);
      } else {
        post(stream, Map.of(), sums);
      }
    }
    load();
  }

  /** A page at a time, until nothing that is watched is unknown. */
  private void load() {
    if (loading || closed || unknown.isEmpty()) {
      return;
    }
    List<String> page = unknown.stream().limit(PAGE).toList();
    page.forEach(unknown::remove);
    loading = true;
    store
        .reactions(partition, page.stream().filter(watched).toList())
        .onSuccess(
            found -> {
              loading = false;
              found.forEach(this::found);
              load();
            })
        .onFailure(
            e -> {
              unknown.addAll(page);
              vertx.setTimer(
                  RETRY_MS,
                  t -> {
                    loading = false;
                    load();
                  });
            });
  }

  /** What was added meanwhile is newer, and told by itself. */
  private void found(String stream, Map<String, Long> sums) {
    if (!closed && totals.putIfAbsent(stream, sums) == null) {
      post(stream, Map.of(), sums);
    }
  }

  /** A stream's totals; fails when only the store knows them and it does not answer. */
  Future<Map<String, Long>> of(String stream) {
    Map<String, Long> sums = totals.get(stream);
    return sums != null
        ? Future.succeededFuture(sums)
        : store
            .reactions(partition, List.of(stream))
            .map(found -> found.getOrDefault(stream, Map.of()));
  }
}
