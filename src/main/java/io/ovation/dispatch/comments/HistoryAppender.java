package io.ovation.dispatch.comments;

import io.ovation.dispatch.DispatchContext;
import io.ovation.dispatch.PartitionFailureHandler;
import io.ovation.store.StaleEpoch;
import io.ovation.store.Store.Append;
import io.ovation.store.Store.Appended;
import io.ovation.store.Store.Origin;
import io.vertx.core.AsyncResult;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends one partition's batches to history, one append at a time and in order. A batch is
 * released to be sent when the store has assigned its offsets, and the gaps of its streams are
 * recorded: a next owner sees that events are missing only as long as viewers have nothing newer.
 *
 * <p>When an append has not been answered for {@code store_away}, the store is declared
 * unavailable. Until it answers again, batches are released under offsets that follow the last ones
 * known. Each append proposes its offsets: if it takes effect although it was not answered, readers
 * of history find the events where viewers have received them. What viewers received that way is
 * written to history at the same offsets before anything else; new batches wait for that only when
 * little of it is left.
 */
final class HistoryAppender {
  private static final Logger log = LoggerFactory.getLogger(HistoryAppender.class);
  private static final long RETRY_MS = 100;
  private static final long NO_TIMER = -1;

  /** Unsaved deliveries in one append. New batches wait for the last such append only. */
  static final int CHUNK = 500;

  private final DispatchContext d;
  private final StreamOffsets offsets;
  private final PartitionFailureHandler guard;
  private final Runnable onProgress;
  private final Runnable onStoreChange;

  private final Deque<CommentBatch> queue = new ArrayDeque<>();
  private final HistoryGaps gaps = new HistoryGaps();
  private final HistoryWriter writer;

  /** Appended batches whose streams may have gaps that are not recorded, in order. */
  private final Deque<CommentBatch> heldByGaps = new ArrayDeque<>(0);

  private final ConflictingIds conflicts;
  private final WriteBehindBuffer unsaved = new WriteBehindBuffer(this::dropped);

  /** Batches that skip history and are not sent yet: batches behind them must not be appended. */
  private int skippedUnsent;

  /** Numbers each write, so that a late answer is recognized. */
  private long attempt;

  private long timer = NO_TIMER;
  private boolean writing;

  /** The last write recorded gaps: what else waits is next. */
  private boolean gapsWritten;

  private boolean closed;

  /**
   * @param onProgress called when batches became ready or were appended
   */
  HistoryAppender(
      DispatchContext context,
      int partition,
      long epoch,
      StreamOffsets offsets,
      PartitionFailureHandler guard,
      Runnable onProgress) {
    this.d = context;
    this.offsets = offsets;
    this.guard = guard;
    this.onProgress = onProgress;
    this.writer = new HistoryWriter(context, partition, epoch, offsets);
    this.conflicts = new ConflictingIds(context, partition);
    this.onStoreChange = () -> guard.run(this::storeChanged);
    d.storeHealth().addListener(onStoreChange);
  }

  /** Begins to write what an earlier owner left behind. */
  void start() {
    writeNext();
  }

  /** Whether a new batch would move at once. If not, deliveries should gather. */
  boolean wantsMore() {
    return !writing || skips();
  }

  void append(CommentBatch batch) {
    if (batch.comments().isEmpty()) {
      batch.appended();
    } else if (skips()) {
      skip(batch);
    } else {
      queue.add(batch);
      writeNext();
    }
  }

  private boolean skips() {
    return d.storeHealth().unavailable() || (queue.isEmpty() && unsaved.size() > CHUNK);
  }

  /** The pipeline has sent the batch. If history does not have it, it is written there later. */
  void sent(CommentBatch batch) {
    if (batch.skipsHistory()) {
      skippedUnsent--;
      batch.comments().stream()
          .filter(PendingEvent::sent)
          .forEach(comment -> delivered(comment.delivered()));
      writeNext();
    }
  }

  /** An event that viewers have received, and history may lack. */
  void delivered(Append event) {
    offsets.raise(event.stream(), event.proposed());
    unsaved.add(event);
  }

  private void dropped(Append event) {
    if (event.absent()) {
      return;
    }
    d.metrics().missingInHistory.increment();
    lost(event.stream(), event.proposed(), event.proposed());
  }

  /** Viewers have received events in {@code from..to} that nobody has any more. */
  void lost(String stream, long from, long to) {
    offsets.raise(stream, to);
    if (writer.refuses(stream) || !gaps.add(stream, from, to)) {
      d.metrics().unrecordedGaps.increment();
    }
  }

  /** Forgets everything. Nodes keep what they received without the store for the next owner. */
  void close() {
    closed = true;
    cancelTimer();
    d.storeHealth().removeListener(onStoreChange);
    queue.clear();
    heldByGaps.clear();
    unsaved.clear();
    d.metrics().unrecordedGaps.increment(gaps.size());
    gaps.clear();
  }

  private void writeNext() {
    if (writing || closed || d.storeHealth().unavailable()) {
      return;
    }
    boolean appendable = !queue.isEmpty() && skippedUnsent == 0;
    if (gaps.size() > 0 && !(gapsWritten && (appendable || unsaved.size() > 0))) {
      recordGaps();
    } else if (unsaved.size() > 0) {
      List<Append> oldest = unsaved.write(CHUNK);
      write(oldest, answers -> saved(oldest, answers));
    } else if (appendable) {
      CommentBatch batch = queue.element();
      batch.trace().appending();
      offsets.propose(batch.comments());
      write(
          batch.comments().stream().map(PendingEvent::append).toList(),
          answers -> appended(batch, answers));
    }
  }

  private interface Written {
    void accept(List<Appended> answers);
  }

  private void write(List<Append> items, Written then) {
    writing = true;
    gapsWritten = false;
    timer = startTimer(d.config().storeAway().toMillis(), d.storeHealth()::declareUnavailable);
    attempt(items, then, ++attempt);
  }

  private void attempt(List<Append> items, Written then, long number) {
    writer.append(items).onComplete(guard.wrap(answer -> answered(items, then, number, answer)));
  }

  private void answered(
      List<Append> items, Written then, long number, AsyncResult<List<Appended>> answer) {
    if (closed || number != attempt) {
      return;
    }
    if (answer.succeeded()) {
      endAttempt();
      then.accept(answer.result());
      writeNext();
      onProgress.run();
    } else if (answer.cause() instanceof StaleEpoch) {
      guard.fail(answer.cause());
    } else {
      startTimer(RETRY_MS, () -> retry(items, then, number));
    }
  }

  private void retry(List<Append> items, Written then, long number) {
    if (!closed && number == attempt) {
      attempt(items, then, number);
    }
  }

  private void saved(List<Append> items, List<Appended> answers) {
    for (int i = 0; i < answers.size(); i++) {
      if (HistoryWriter.isRefused(answers.get(i))) {
        d.metrics().missingInHistory.increment();
      } else if (!answers.get(i).known()) {
        stored(items.get(i).stream(), answers.get(i));
      }
    }
    unsaved.written(true);
  }

  private void appended(CommentBatch batch, List<Appended> answers) {
    boolean behind = false;
    for (int i = 0; i < answers.size(); i++) {
      PendingEvent comment = batch.comments().get(i);
      Appended answer = answers.get(i);
      if (HistoryWriter.isRefused(answer)) {
        d.metrics().missingInHistory.increment();
        assignWithoutStore(comment);
        continue;
      }
      comment.appended(answer);
      conflicts.check(comment);
      behind |= !answer.known() && answer.offset() <= offsets.last(comment.stream());
      // One that an earlier owner appended, and did not live to compare, counts as well.
      if (!answer.known() || answer.offset() > offsets.stored(comment.stream())) {
        stored(comment.stream(), answer);
      }
      offsets.raise(comment.stream(), answer.offset());
    }
    queue.remove();
    batch.trace().appended(null);
    if (behind) {
      // A store that lost events, with a clock that is behind: viewers would drop these offsets.
      skip(batch);
    } else {
      batch.comments().forEach(offsets::reached);
      heldByGaps.add(batch);
      releaseHeld();
    }
  }

  private void releaseHeld() {
    while (!heldByGaps.isEmpty()
        && (d.storeHealth().unavailable() || !gaps.concern(heldByGaps.element().comments()))) {
      heldByGaps.remove().appended();
    }
  }

  /**
   * Compares the answer with what the store had confirmed. The store has recorded the hole with a
   * new event; with one of an earlier owner it is recorded now.
   */
  private void stored(String stream, Appended answer) {
    long confirmed = offsets.stored(stream);
    if (answer.previous() < confirmed) {
      d.metrics().lostByStore.increment();
      log.warn(
          "the store has lost events of stream {} that it had confirmed: viewers that resume"
              + " receive a gap from {} to {}",
          stream,
          answer.previous() + 1,
          confirmed);
      if (answer.known()) {
        lost(stream, answer.previous() + 1, confirmed);
      }
    }
    offsets.stored(stream, answer.offset());
  }

  private void storeChanged() {
    if (d.storeHealth().unavailable()) {
      endAttempt();
      releaseHeld();
      unsaved.written(false);
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
    cancelTimer();
  }

  private void skip(CommentBatch batch) {
    batch.trace().appended("the store is away");
    batch.comments().forEach(this::assignWithoutStore);
    batch.skipHistory();
    skippedUnsent++;
  }

  private void assignWithoutStore(PendingEvent comment) {
    Appended before = comment.known() ? null : offsets.sentBefore(comment);
    if (before != null) {
      comment.appended(before);
    }
    if (comment.known()) {
      offsets.reached(comment);
    } else if (comment.absent()) {
      skipAbsent(comment);
    } else if (!arrivedBefore(comment)) {
      comment.assignOwnPrevious(offsets.own(comment.stream()));
      assignOffset(comment);
      offsets.reached(comment);
    }
  }

  /** A node that viewers' other nodes are ahead of reads what it lacks from history. */
  private void assignOffset(PendingEvent comment) {
    OptionalLong delivered = unsaved.offset(comment);
    if (delivered.isPresent()) {
      comment.assign(delivered.getAsLong(), comment.previous());
    } else {
      long before = Math.max(comment.previous(), offsets.last(comment.stream()));
      comment.assign(offsets.next(comment.stream(), comment.proposed()), before);
    }
  }

  /** It counts as arrived, unless what was lost before it is still to be noticed. */
  private void skipAbsent(PendingEvent comment) {
    offsets.reached(comment);
    Origin origin = comment.origin();
    if (origin != null && offsets.arrived(comment.stream(), origin.region()) == origin.offset()) {
      delivered(comment.delivered());
    }
    comment.appended(Appended.longAgo());
  }

  /** What the store would say of an item from another region, as far as this owner knows. */
  private boolean arrivedBefore(PendingEvent comment) {
    Origin origin = comment.origin();
    long arrived = origin == null ? 0 : offsets.arrived(comment.stream(), origin.region());
    if (origin == null || arrived == 0 || unsaved.offset(comment).isPresent()) {
      return false;
    }
    if (origin.offset() <= arrived) {
      comment.appended(Appended.longAgo());
      return true;
    }
    if (origin.previous() > arrived) {
      long hole = offsets.next(comment.stream());
      comment.assignHole(hole);
      lost(comment.stream(), hole, hole);
    }
    return false;
  }

  private void recordGaps() {
    writing = true;
    long number = ++attempt;
    writer.record(gaps).onComplete(guard.wrap(answer -> gapsRecorded(number, answer)));
  }

  private void gapsRecorded(long number, AsyncResult<Void> answer) {
    if (closed || number != attempt) {
      return;
    }
    endAttempt();
    if (answer.succeeded()) {
      gapsWritten = true;
      releaseHeld();
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
