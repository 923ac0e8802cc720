package io.ovation.ingress;

import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.StreamEvent;
import io.ovation.queue.Partitions;
import io.ovation.store.Store;
import io.ovation.store.Store.EventId;
import io.ovation.store.Store.Kept;
import io.ovation.vertx.Contexts;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Tells whether the store has another content under the id of a comment or of a host's event: one
 * that another node accepted, or this node before it was started again. Ids that come within a few
 * milliseconds share one call. Any thread.
 */
public final class StoredIds {
  private static final long GATHER_MS = 4;

  private final Vertx vertx;
  private final Store store;
  private final Partitions partitions;
  private final Supplier<Promise<Long>> promises;

  /** Guarded by this. */
  private List<Lookup> gathered = new ArrayList<>();

  private record Lookup(EventId id, Promise<Long> offset) {}

  public StoredIds(Vertx vertx, Store store, Partitions partitions) {
    this(vertx, store, partitions, () -> Contexts.promise(vertx));
  }

  /**
   * @param promises whose handlers run on the caller's context
   */
  StoredIds(Vertx vertx, Store store, Partitions partitions, Supplier<Promise<Long>> promises) {
    this.vertx = vertx;
    this.store = store;
    this.partitions = partitions;
    this.promises = promises;
  }

  /**
   * Fails if the store does not answer.
   *
   * @param comment with the id that its sender chose
   */
  public Future<Boolean> hasOther(CommentRequest comment) {
    return hasOther(
        comment.getStream(),
        comment.getUser(),
        comment.getId(),
        stored -> isOther(stored, comment));
  }

  /**
   * The same for an event.
   *
   * @param event of a host, with the id that it chose
   */
  public Future<Boolean> hasOtherEvent(StreamEvent event) {
    // Of their stream alone, whichever host sends them.
    return hasOther(event.getStream(), "", event.getId(), stored -> isOther(stored, event));
  }

  private Future<Boolean> hasOther(
      String stream, String user, String id, Predicate<JsonObject> isOther) {
    int partition = partitions.of(stream);
    return offset(new EventId(partition, stream, user, id))
        .compose(
            offset ->
                offset == 0
                    ? Future.succeededFuture(false)
                    : store
                        .newest(partition, stream, offset + 1, 1)
                        .map(newest -> at(offset, newest).filter(isOther).isPresent()));
  }

  private Future<Long> offset(EventId id) {
    Promise<Long> offset = promises.get();
    synchronized (this) {
      gathered.add(new Lookup(id, offset));
      if (gathered.size() == 1) {
        vertx.setTimer(GATHER_MS, t -> look());
      }
    }
    return offset.future();
  }

  private void look() {
    List<Lookup> all;
    synchronized (this) {
      all = gathered;
      gathered = new ArrayList<>();
    }
    for (int from = 0; from < all.size(); from += Store.PAGE) {
      List<Lookup> page = all.subList(from, Math.min(all.size(), from + Store.PAGE));
      store
          .offsetsOf(page.stream().map(Lookup::id).toList())
          .onComplete(
              offsets -> {
                for (int i = 0; i < page.size(); i++) {
                  page.get(i).offset.complete(offsets.get(i));
                }
              },
              failure -> page.forEach(lookup -> lookup.offset.fail(failure)));
    }
  }

  private static Optional<JsonObject> at(long offset, List<Kept> newest) {
    return newest.stream()
        .filter(kept -> kept.offset() == offset && !kept.tombstone())
        // The body ends with "offset": and no number.
        .map(kept -> new JsonObject(new String(kept.body(), StandardCharsets.UTF_8) + "0}"))
        .findFirst();
  }

  private static boolean isOther(JsonObject first, StreamEvent event) {
    JsonObject data = new JsonObject("{\"data\":" + event.getHost().getData() + "}");
    return !event.getHost().getName().equals(first.getString("name"))
        || !data.equals(new JsonObject().put("data", first.getValue("data")));
  }

  private static boolean isOther(JsonObject first, CommentRequest comment) {
    JsonObject meta =
        comment.getMeta().isEmpty() ? new JsonObject() : new JsonObject(comment.getMeta());
    return !isMasked(first.getString("text", ""), comment.getText())
        || !first.getString("reply_to", "").equals(comment.getReplyTo())
        || !first.getJsonObject("meta", new JsonObject()).equals(meta);
  }

  /** Whether the word list may have made {@code stored} of {@code sent}, or changed nothing. */
  private static boolean isMasked(String stored, String sent) {
    int[] a = stored.codePoints().toArray();
    int[] b = sent.codePoints().toArray();
    boolean masked = a.length == b.length;
    for (int i = 0; masked && i < a.length; i++) {
      masked = a[i] == b[i] || a[i] == '*';
    }
    return masked;
  }
}
