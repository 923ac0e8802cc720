package io.ovation.supervise.history;

import io.ovation.store.Store;
import io.ovation.store.Store.Kept;
import io.ovation.supervise.LiveStream;
import io.ovation.supervise.SupervisorMetrics;
import io.ovation.wire.EventJson;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Brings a stream up to an offset from history, for a node that missed some of it. */
public final class GapFiller {
  /** Events read at a time. */
  static final int PAGE = 500;

  private final Vertx vertx;
  private final Store store;
  private final SupervisorMetrics meters;

  public GapFiller(Vertx vertx, Store store, SupervisorMetrics meters) {
    this.vertx = vertx;
    this.store = store;
    this.meters = meters;
  }

  /**
   * Delivers what history has up to {@code to} and tells a gap for the rest; then runs {@code
   * then}. What comes for the stream waits meanwhile.
   */
  public void fill(LiveStream stream, long to, Runnable then) {
    meters.fills.increment();
    stream.filling(true);
    page(stream, to, 0)
        .onComplete(
            done -> {
              if (done.failed()) {
                meters.gaps.increment();
                stream.gap(to);
              }
              then.run();
              stream.filling(false);
              stream.runWaiting();
            });
  }

  private Future<Void> page(LiveStream stream, long to, int behind) {
    return store
        .history(stream.partition, stream.name, stream.last(), PAGE)
        .compose(
            history -> {
              if (!history.complete() && !history.entries().isEmpty()) {
                meters.gaps.increment();
                stream.gap(history.entries().get(0).from() - 1);
              }
              history.entries().forEach(kept -> take(stream, kept));
              if (history.more() && stream.last() < to) {
                return page(stream, to, behind);
              }
              if (history.complete() && stream.last() < to && behind < Replayer.BEHIND) {
                // The owner may have sent it ahead of a store that is a little slow.
                return vertx
                    .timer(Replayer.BEHIND_MS, TimeUnit.MILLISECONDS)
                    .compose(waited -> page(stream, to, behind + 1));
              }
              if (stream.last() < to) {
                meters.gaps.increment();
                stream.gap(to);
              }
              return Future.succeededFuture();
            });
  }

  private void take(LiveStream stream, Kept kept) {
    if (!kept.hole()) {
      stream.deliver(List.of(EventJson.event(kept.user(), kept.id(), kept.body(), kept.offset())));
    } else if (kept.offset() > stream.last()) {
      meters.gaps.increment();
      stream.gap(kept.offset());
    }
  }
}
