package io.ovation.supervise.history;

import io.ovation.store.Store;
import io.ovation.store.Store.History;
import io.ovation.store.Store.Kept;
import io.ovation.supervise.LocalStream;
import io.ovation.supervise.SupervisorContext;
import io.ovation.supervise.SupervisorMetrics;
import io.ovation.wire.EventJson;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Delivers from history what a node missed of a stream. */
public final class GapFiller {
  private static final Logger log = LoggerFactory.getLogger(GapFiller.class);

  /** Events read at a time. */
  static final int PAGE = 500;

  private final Vertx vertx;
  private final Store store;
  private final SupervisorMetrics meters;

  public GapFiller(SupervisorContext context, Store store) {
    this.vertx = context.vertx();
    this.store = store;
    this.meters = context.meters();
  }

  /**
   * Delivers the stream's events up to {@code to}, and a gap for those that history does not have;
   * then runs {@code then}. The stream's tasks wait until that is done.
   */
  public void fill(LocalStream stream, long to, Runnable then) {
    meters.fills.increment();
    stream.beginFilling();
    read(stream, to, 0)
        .onComplete(
            done -> {
              gap(stream, to);
              then.run();
              stream.endFilling();
              loadRetained(stream);
            });
  }

  /**
   * Reads what the stream retains for viewers that join. If that fails, {@link
   * LocalStream#retainedUnread} is set.
   */
  public void loadRetained(LocalStream stream) {
    stream.retainedUnread(false);
    RetriedRead.of(
            vertx,
            () -> {
              long at = stream.last();
              return store
                  .pins(stream.partition, stream.name)
                  .onSuccess(pins -> stream.retained(pins, at));
            })
        .onFailure(
            e -> {
              stream.retainedUnread(true);
              log.warn(
                  "the retained events of stream {} could not be read: viewers that join receive"
                      + " them when the next attempt succeeds",
                  stream.name,
                  e);
            });
  }

  private Future<History> page(LocalStream stream) {
    return RetriedRead.of(
        vertx, () -> store.history(stream.partition, stream.name, stream.last(), PAGE));
  }

  private Future<Void> read(LocalStream stream, long to, int retries) {
    return page(stream)
        .compose(
            page -> {
              if (!page.complete() && !page.entries().isEmpty()) {
                gap(stream, page.entries().get(0).from() - 1);
              }
              page.entries().forEach(kept -> deliver(stream, kept));
              if (stream.last() >= to) {
                return Future.succeededFuture();
              }
              if (page.more()) {
                return read(stream, to, retries);
              }
              // The owner may have sent events ahead of a store that is a little slow.
              return page.complete() && retries < Replayer.BEHIND
                  ? RetriedRead.later(
                      vertx, Replayer.BEHIND_MS, () -> read(stream, to, retries + 1))
                  : Future.succeededFuture();
            });
  }

  private void deliver(LocalStream stream, Kept kept) {
    if (kept.hole()) {
      gap(stream, kept.offset());
    } else if (kept.tombstone()) {
      stream.advance(kept.offset());
    } else {
      stream.deliver(List.of(EventJson.event(kept.user(), kept.id(), kept.body(), kept.offset())));
    }
  }

  private void gap(LocalStream stream, long to) {
    if (to > stream.last()) {
      meters.gaps.increment();
      stream.gap(to);
    }
  }
}
