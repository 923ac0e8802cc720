package io.ovation.dispatch.comments;

import io.ovation.config.Config;
import io.ovation.dispatch.DispatchMetrics;
import io.ovation.dispatch.StoreHealth;
import io.ovation.store.StaleEpoch;
import io.ovation.store.Store;
import io.ovation.store.Store.Appended;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Brings one partition's batches into history, one append at a time and in order, and decides what
 * may be delivered without waiting for it.
 *
 * <p>Delivery waits {@code store_patience} for an append. After that batches go out on the owner's
 * own stamps, which the store takes over as they are unless it knows the item; only a batch with
 * items that another owner may have dispatched goes on waiting, since only the store can tell. When
 * the append has not been answered for {@code store_away}, the store counts as away: no batch waits
 * for it, and history is told of the hole when it is back.
 */
public final class HistoryAppender {
  private static final long RETRY_MS = 100;
  private static final long NO_TIMER = -1;

  /**
   * Comments sent ahead of the store at most. If this node dies now they are dispatched again under
   * new offsets; nodes know so many of them by their ids.
   */
  private static final int AHEAD = 1_000;

  /** What the pipeline does with the outcome. */
  public interface Outcome {
    /** Batches became ready or kept. Never called from within a call to the keeper. */
    void progressed();

    void stale();
  }

  private final Vertx vertx;
  private final Store store;
  private final StoreHealth watch;
  private final Config.Dispatch config;
  private final int partition;
  private final long epoch;
  private final OffsetAllocator offsets;
  private final DispatchMetrics meters;
  private final Outcome outcome;
  private final Runnable onStore = this::storeChanged;

  private final Deque<CommentBatch> queue = new ArrayDeque<>();
  private final HistoryGaps historyGaps = new HistoryGaps();
  private long attempt;
  private long timer = NO_TIMER;
  private boolean appending;
  private boolean slow;
  private boolean closed;

  public HistoryAppender(
      Vertx vertx,
      Store store,
      StoreHealth watch,
      Config.Dispatch config,
      int partition,
      long epoch,
      OffsetAllocator offsets,
      DispatchMetrics meters,
      Outcome outcome) {
    this.vertx = vertx;
    this.store = store;
    this.watch = watch;
    this.config = config;
    this.partition = partition;
    this.epoch = epoch;
    this.offsets = offsets;
    this.meters = meters;
    this.outcome = outcome;
    watch.onChange(onStore);
  }

  /** Whether a new batch would move at once; until then deliveries better gather. */
  boolean wantsMore() {
    return !appending || slow || watch.away();
  }

  void keep(CommentBatch work) {
    if (work.items.isEmpty()) {
      work.kept = true;
      work.ready = true;
    } else if (watch.away()) {
      waive(work);
    } else {
      queue.add(work);
      if (slow) {
        letGo();
      }
      next();
    }
  }

  /** The pipeline has sent it; if history will not have it, that is noted. */
  void sent(CommentBatch work) {
    if (work.waived) {
      note(work);
    }
  }

  void close() {
    closed = true;
    cancelTimer();
    watch.forget(onStore);
  }

  private void next() {
    if (appending || closed || watch.away()) {
      return;
    }
    if (!historyGaps.isEmpty()) {
      recordHoles();
    } else if (!queue.isEmpty()) {
      appending = true;
      timer = vertx.setTimer(config.storePatience().toMillis(), t -> patienceEnded());
      append(queue.element(), ++attempt);
    }
  }

  private void append(CommentBatch work, long number) {
    store
        .append(partition, epoch, work.items.stream().map(PendingComment::append).toList())
        .onComplete(
            answer -> {
              if (closed || number != attempt) {
                return;
              }
              if (answer.succeeded()) {
                appended(work, answer.result());
              } else if (answer.cause() instanceof StaleEpoch) {
                outcome.stale();
              } else {
                vertx.setTimer(RETRY_MS, t -> retry(work, number));
              }
            });
  }

  private void retry(CommentBatch work, long number) {
    if (!closed && number == attempt) {
      append(work, number);
    }
  }

  private void appended(CommentBatch work, List<Appended> answers) {
    for (int i = 0; i < answers.size(); i++) {
      PendingComment item = work.items.get(i);
      Appended answer = answers.get(i);
      if (!work.ready) {
        item.appended(answer);
      } else if (answer.offset() != item.offset()) {
        meters.restamped.increment();
      }
      offsets.raise(item.stream(), answer.offset());
    }
    work.kept = true;
    work.ready = true;
    queue.remove();
    free();
    next();
    outcome.progressed();
  }

  private void patienceEnded() {
    slow = true;
    timer =
        vertx.setTimer(
            Math.max(1, config.storeAway().minus(config.storePatience()).toMillis()),
            t -> watch.declareAway());
    letGo();
    outcome.progressed();
  }

  /** In order, up to the first batch that only the store can judge, and so many ahead of it. */
  private void letGo() {
    int ahead = 0;
    for (CommentBatch work : queue) {
      ahead += work.items.size();
      if (work.redelivered || ahead > AHEAD) {
        return;
      }
      if (!work.ready) {
        work.ready = true;
        meters.early.increment();
      }
    }
  }

  private void storeChanged() {
    if (watch.away()) {
      free();
      queue.forEach(this::waive);
      queue.clear();
    } else {
      next();
    }
    outcome.progressed();
  }

  private void free() {
    attempt++;
    appending = false;
    slow = false;
    cancelTimer();
  }

  private void waive(CommentBatch work) {
    work.waived = true;
    work.ready = true;
    if (work.sent) {
      note(work);
    }
  }

  private void note(CommentBatch work) {
    for (PendingComment item : work.items) {
      if (item.sent()) {
        meters.unkept.increment();
        if (!historyGaps.add(item.stream(), item.offset())) {
          meters.unrecordedHoles.increment();
        }
      }
    }
  }

  private void recordHoles() {
    appending = true;
    long number = ++attempt;
    historyGaps
        .record(store, partition, epoch)
        .onComplete(
            done -> {
              if (closed || number != attempt) {
                return;
              }
              free();
              if (done.succeeded()) {
                next();
                outcome.progressed();
              } else if (done.cause() instanceof StaleEpoch) {
                outcome.stale();
              } else {
                watch.declareAway();
              }
            });
  }

  private void cancelTimer() {
    if (timer != NO_TIMER) {
      vertx.cancelTimer(timer);
      timer = NO_TIMER;
    }
  }
}
