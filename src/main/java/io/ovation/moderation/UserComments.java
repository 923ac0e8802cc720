package io.ovation.moderation;

import io.ovation.queue.Partitions;
import io.ovation.store.RecentCommentsReader;
import io.ovation.store.Store;
import io.ovation.store.Store.Effect;
import io.ovation.store.Store.Kept;
import io.vertx.core.Future;
import java.util.List;
import java.util.function.Function;

/** Finds the streams whose history has comments of a user, by reading all of them. Rare. */
record UserComments(Store store, Partitions partitions) {
  private static final int PAGE = 500;

  /** Calls {@code action} with each stream, one after the other. */
  Future<Void> streams(String user, Function<String, Future<Void>> action) {
    return store.streams().compose(all -> next(all, 0, user, action));
  }

  private Future<Void> next(
      List<String> streams, int at, String user, Function<String, Future<Void>> action) {
    if (at == streams.size()) {
      return Future.succeededFuture();
    }
    String stream = streams.get(at);
    return isIn(stream, user, 0)
        .compose(found -> found ? action.apply(stream) : Future.succeededFuture())
        .compose(v -> next(streams, at + 1, user, action));
  }

  private Future<Boolean> isIn(String stream, String user, long after) {
    int partition = partitions.of(stream);
    return store
        .history(partition, stream, after, PAGE)
        .compose(
            page -> {
              List<Kept> kept = page.entries();
              if (kept.stream().anyMatch(it -> isOf(it, user))) {
                return Future.succeededFuture(true);
              }
              return page.more()
                  ? isIn(stream, user, kept.get(kept.size() - 1).offset())
                  : store
                      .pins(partition, stream)
                      .map(
                          pins ->
                              pins.stream()
                                  .anyMatch(pin -> pin.name().startsWith(Effect.held(user, ""))));
            });
  }

  private static boolean isOf(Kept kept, String user) {
    return kept.user().equals(user) && RecentCommentsReader.isComment(kept);
  }
}
