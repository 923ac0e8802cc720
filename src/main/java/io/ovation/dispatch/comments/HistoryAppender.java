package io.ovation.dispatch.comments;

import io.ovation.dispatch.DispatchContext;
import io.ovation.dispatch.PartitionFailFast;
import io.ovation.store.StaleEpoch;
import io.ovation.store.Store.Appended;
import io.vertx.core.AsyncResult;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Appends one partition's batches to history, one append at a time and in order, and decides which
 * batches may be sent before the store has answered.
 *
 * <p>Sending waits {@code store_patience} for an append. After that batches are sent under the
 * offsets that this owner proposes, which the store accepts unless it knows the comment; only a
 * batch with redelivered items goes on waiting, because only the store knows whether another owner
 * dispatched them. When an append has not been answered for {@code store_away}, the store is
 * declared unavailable: no batch waits for it, and the gap is recorded when it is available again.
 */
final class HistoryAppender {
  private static final long RETRY_MS = 100;
  private static final long NO_TIMER = -1;

  /**
   * Comments sent before the store has answered, at most. If this node dies they are dispatched
   * again under new offsets; nodes remember at least this many of them by their ids.
   */
  private static final int MAX_EARLY = 1_000;

  private final DispatchContext d;
  private final int partition;
  private final long epoch;
  private final OffsetProposer offsets;
  private final PartitionFailFast guard;
  private final Runnable onProgress;
  private final Runnable onStoreChange;

  private final Deque<CommentBatch> queue = new ArrayDeque<>();
  private final HistoryGaps gaps = new HistoryGaps();

  /** Numbers each append and each recording of gaps, so that a late answer is recognized. */
  private long attempt;

  private long timer = NO_TIMER;
  private boolean writing;
  private boolean patienceOver;
  private boolean closed;

  /**
   * @param onProgress called when batches became ready or were appended
   */
  HistoryAppender(
      DispatchContext context,
      int partition,
      long epoch,
      OffsetProposer offsets,
      PartitionFailFast guard,
      Runnable onProgress) {
    this.d = context;
    this.partition = partition;
    this.epoch = epoch;
    this.offsets = offsets;
    this.guard = guard;
    this.onProgress = onProgress;
    this.onStoreChange = () -> guard.run(this::storeChanged);
    d.storeHealth().addListener(onStoreChange);
  }

  /** Whether a new batch would move at once. If not, deliveries should gather. */
  boolean wantsMore() {
    return !writing || patienceOver || d.storeHealth().unavailable();
  }

  void append(CommentBatch batch) {
    if (batch.comments().isEmpty()) {
      batch.appended();
    } else if (d.storeHealth().unavailable()) {
      skip(batch);
    } else {
      queue.add(batch);
      if (patienceOver) {
        releaseEarly();
      }
      writeNext();
    }
  }

  /** The pipeline has sent the batch. If history does not get it, the gap is noted. */
  void sent(CommentBatch batch) {
    if (batch.skipsHistory()) {
      noteGaps(batch);
    }
  }

  /** Forgets everything. What the store has not recorded by now it will never know. */
  void close() {
    closed = true;
    cancelTimer();
    d.storeHealth().removeListener(onStoreChange);
    queue.clear();
    d.metrics().unrecordedGaps.increment(gaps.size());
    gaps.clear();
  }

  private void writeNext() {
    if (writing || closed || d.storeHealth().unavailable()) {
      return;
    }
    if (gaps.size() > 0) {
      recordGaps();
    } else if (!queue.isEmpty()) {
      writing = true;
      timer = startTimer(d.config().storePatience().toMillis(), this::patienceEnded);
      write(queue.element(), ++attempt);
    }
  }

  private void write(CommentBatch batch, long number) {
    d.store()
        .append(partition, epoch, batch.comments().stream().map(PendingComment::append).toList())
        .onComplete(guard.wrap(answer -> answered(batch, number, answer)));
  }

  private void answered(CommentBatch batch, long number, AsyncResult<List<Appended>> answer) {
    if (closed || number != attempt) {
      return;
    }
    if (answer.succeeded()) {
      appended(batch, answer.result());
    } else if (answer.cause() instanceof StaleEpoch) {
      guard.fail(answer.cause());
    } else {
      startTimer(RETRY_MS, () -> retry(batch, number));
    }
  }

  private void retry(CommentBatch batch, long number) {
    if (!closed && number == attempt) {
      write(batch, number);
    }
  }

  private void appended(CommentBatch batch, List<Appended> answers) {
    for (int i = 0; i < answers.size(); i++) {
      PendingComment comment = batch.comments().get(i);
      Appended answer = answers.get(i);
      if (batch.held()) {
        comment.appended(answer);
      } else if (answer.offset() != comment.offset()) {
        d.metrics().offsetMismatches.increment();
      }
      offsets.raise(comment.stream(), answer.offset());
    }
    batch.appended();
    queue.remove();
    endAttempt();
    writeNext();
    onProgress.run();
  }

  private void patienceEnded() {
    patienceOver = true;
    long left = d.config().storeAway().minus(d.config().storePatience()).toMillis();
    timer = startTimer(Math.max(1, left), d.storeHealth()::declareUnavailable);
    releaseEarly();
    onProgress.run();
  }

  /** In order, up to the first redelivered batch, and not too many comments. */
  private void releaseEarly() {
    int early = 0;
    for (CommentBatch batch : queue) {
      early += batch.comments().size();
      if (batch.redelivered || early > MAX_EARLY) {
        return;
      }
      if (batch.release()) {
        d.metrics().early.increment();
      }
    }
  }

  private void storeChanged() {
    if (d.storeHealth().unavailable()) {
      endAttempt();
      queue.forEach(this::skip);
      queue.clear();
    } else {
      writeNext();
    }
    onProgress.run();
  }

  private void endAttempt() {
    attempt++;
    writing = false;
    patienceOver = false;
    cancelTimer();
  }

  private void skip(CommentBatch batch) {
    batch.skipHistory();
    if (batch.sent()) {
      noteGaps(batch);
    }
  }

  private void noteGaps(CommentBatch batch) {
    for (PendingComment comment : batch.comments()) {
      if (comment.sent()) {
        d.metrics().missingInHistory.increment();
        if (!gaps.add(comment.stream(), comment.offset())) {
          d.metrics().unrecordedGaps.increment();
        }
      }
    }
  }

  private void recordGaps() {
    writing = true;
    long number = ++attempt;
    gaps.record(d.store(), partition, epoch)
        .onComplete(guard.wrap(answer -> gapsRecorded(number, answer)));
  }

  private void gapsRecorded(long number, AsyncResult<Void> answer) {
    if (closed || number != attempt) {
      return;
    }
    endAttempt();
    if (answer.succeeded()) {
      writeNext();
      onProgress.run();
    } else if (answer.cause() instanceof StaleEpoch) {
      guard.fail(answer.cause());
    } else {
      d.storeHealth().declareUnavailable();
    }
  }

  private long startTimer(long ms, Runnable task) {
    return d.vertx().setTimer(ms, t -> guard.run(task));
  }

  private void cancelTimer() {
    if (timer != NO_TIMER) {
      d.vertx().cancelTimer(timer);
      timer = NO_TIMER;
    }
  }
}
