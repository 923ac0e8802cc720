package io.ovation.store;

import io.ovation.store.Store.Kept;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Reads a stream's newest comments, past the other events among them. */
public final class RecentCommentsReader {
  private static final byte[] COMMENT = "{\"type\":\"comment\"".getBytes(StandardCharsets.US_ASCII);

  /** Further pages that are read to find enough comments among other events. */
  private static final int PAGES = 20;

  private RecentCommentsReader() {}

  /** Whether an event is a comment, by the beginning of its JSON. */
  public static boolean isComment(Kept kept) {
    byte[] body = kept.body();
    if (body.length < COMMENT.length) {
      return false;
    }
    for (int i = 0; i < COMMENT.length; i++) {
      if (body[i] != COMMENT[i]) {
        return false;
      }
    }
    return true;
  }

  /**
   * @param comments the oldest first
   * @param more there may be older ones
   */
  public record Page(List<Kept> comments, boolean more) {}

  /** The newest {@code limit} comments below the offset {@code before}. */
  public static Future<Page> read(
      Store store, int partition, String stream, long before, int limit) {
    return read(store, partition, stream, before, limit, new ArrayList<>(), PAGES);
  }

  private static Future<Page> read(
      Store store,
      int partition,
      String stream,
      long before,
      int limit,
      List<Kept> found,
      int pages) {
    int page = limit + 1;
    return store
        .newest(partition, stream, before, page)
        .compose(
            newest -> {
              newest.stream().filter(RecentCommentsReader::isComment).forEach(found::add);
              boolean end = newest.size() < page;
              if (found.size() <= limit && !end && pages > 0) {
                long next = newest.get(newest.size() - 1).offset();
                return read(store, partition, stream, next, limit, found, pages - 1);
              }
              boolean more = found.size() > limit || !end;
              List<Kept> comments =
                  new ArrayList<>(found.subList(0, Math.min(limit, found.size())));
              Collections.reverse(comments);
              return Future.succeededFuture(new Page(comments, more));
            });
  }
}
