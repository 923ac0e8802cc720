package io.ovation.dispatch.reactions;

import com.google.protobuf.ByteString;
import io.ovation.store.Store;
import io.ovation.store.Store.Reactions;
import io.ovation.wire.proto.StateUpdate;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
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
 * One partition's totals as the store last returned them, for the streams with the most recent
 * reactions, and the counts that viewers have not been sent yet. Viewers are sent the sums of all
 * regions. All on the dispatcher's context.
 */
public final class ReactionTotalsCache {
  /** Streams remembered; the store is asked for others. */
  private static final int STREAMS = 10_000;

  /** Streams per call of the store. */
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

  /** Counts since the last message to viewers, by stream and kind. */
  private final Map<String, Map<String, Long>> unsent = new HashMap<>();

  /** Watched streams whose totals must be read from the store. */
  private final Set<String> toLoad = new LinkedHashSet<>();

  private boolean loading;
  private boolean closed;

  /**
   * @param watched whether a stream has viewers
   * @param post sends a state to a stream's viewers
   */
  public ReactionTotalsCache(
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

  public void close() {
    closed = true;
  }

  /**
   * A batch is in the store.
   *
   * @param known it had been added before; its owner then may not have sent it to viewers, so the
   *     totals are sent again, but without new counts
   * @param now the totals of the batch's streams, at least
   */
  void added(Reactions batch, boolean known, Map<String, Map<String, Long>> now) {
    batch
        .counts()
        .forEach(
            (stream, counts) -> {
              totals.put(stream, now.getOrDefault(stream, Map.of()));
              Map<String, Long> more = unsent.computeIfAbsent(stream, s -> new TreeMap<>());
              if (!known) {
                counts.forEach((kind, count) -> more.merge(kind, count, Long::sum));
              }
            });
  }

  /** Totals of another region are in the store: viewers are sent by how much they have grown. */
  void merged(Map<String, Map<String, Long>> now) {
    now.forEach(
        (stream, sums) -> {
          Map<String, Long> before = totals.put(stream, sums);
          Map<String, Long> more = unsent.computeIfAbsent(stream, s -> new TreeMap<>());
          if (before != null) {
            RegionTotals.growth(before, sums)
                .forEach((kind, count) -> more.merge(kind, count, Long::sum));
          }
        });
  }

  boolean allSent() {
    return unsent.isEmpty();
  }

  /** Sends viewers the streams that changed since the last call; returns how many. */
  int sendChanged() {
    Map<String, Map<String, Long>> now = Map.copyOf(unsent);
    unsent.clear();
    int sent = 0;
    for (Map.Entry<String, Map<String, Long>> entry : now.entrySet()) {
      Map<String, Long> sums = totals.get(entry.getKey());
      if (sums != null && watched.test(entry.getKey())) {
        post(entry.getKey(), entry.getValue(), sums);
        sent++;
      }
    }
    return sent;
  }

  private void post(String stream, Map<String, Long> counts, Map<String, Long> stored) {
    Map<String, Long> sums = RegionTotals.sum(stored);
    post.accept(
        StateUpdate.newBuilder()
            .setStream(stream)
            .setKind(StateUpdate.Kind.REACTIONS)
            .setJson(json(stream, counts, sums))
            .setSnapshot(json(stream, Map.of(), sums))
            .build());
  }

  private static ByteString json(String stream, Map<String, Long> counts, Map<String, Long> sums) {
    JsonObject message =
        new JsonObject()
            .put("type", "reactions")
            .put("stream", stream)
            .put("counts", object(counts))
            .put("totals", object(sums));
    return ByteString.copyFromUtf8(message.encode());
  }

  private static JsonObject object(Map<String, Long> counts) {
    JsonObject object = new JsonObject();
    new TreeMap<>(counts).forEach(object::put);
    return object;
  }

  /** Sends these streams' totals to their new viewers: from memory, or once the store answers. */
  public void watched(Collection<String> streams) {
    for (String stream : streams) {
      Map<String, Long> sums = totals.get(stream);
      if (sums == null) {
        toLoad.add(stream);
      } else {
        post(stream, Map.of(), sums);
      }
    }
    load();
  }

  /** Reads a page at a time, until the totals of all watched streams are known. */
  private void load() {
    if (loading || closed || toLoad.isEmpty()) {
      return;
    }
    List<String> page = toLoad.stream().limit(PAGE).toList();
    page.forEach(toLoad::remove);
    loading = true;
    store
        .reactions(partition, page.stream().filter(watched).toList())
        .onSuccess(
            found -> {
              loading = false;
              found.forEach(this::loaded);
              load();
            })
        .onFailure(
            e -> {
              toLoad.addAll(page);
              vertx.setTimer(
                  RETRY_MS,
                  t -> {
                    loading = false;
                    load();
                  });
            });
  }

  /** Totals that an append returned meanwhile are newer, and are sent with the window. */
  private void loaded(String stream, Map<String, Long> sums) {
    if (!closed && totals.putIfAbsent(stream, sums) == null) {
      post(stream, Map.of(), sums);
    }
  }

  /**
   * A stream's totals, as {@link RegionTotals} reads them. Fails when only the store knows them and
   * it does not answer.
   */
  public Future<Map<String, Long>> of(String stream) {
    Map<String, Long> sums = totals.get(stream);
    return sums != null
        ? Future.succeededFuture(sums)
        : store
            .reactions(partition, List.of(stream))
            .map(found -> found.getOrDefault(stream, Map.of()));
  }
}
