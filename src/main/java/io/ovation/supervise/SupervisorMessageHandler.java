package io.ovation.supervise;

import io.ovation.supervise.history.GapFiller;
import io.ovation.supervise.history.RecentOffsets;
import io.ovation.supervise.history.UnsavedEvents;
import io.ovation.supervise.watch.NodeWatchReporter;
import io.ovation.supervise.watch.UserWatchRegistry;
import io.ovation.wire.proto.Announce;
import io.ovation.wire.proto.Answer;
import io.ovation.wire.proto.Elsewhere;
import io.ovation.wire.proto.EventBatch;
import io.ovation.wire.proto.Segment;
import io.ovation.wire.proto.StateUpdates;
import io.ovation.wire.proto.Suspended;
import io.ovation.wire.proto.Watches;
import io.vertx.core.eventbus.Message;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handles the messages of partition owners and of other supervisors. A partition's epoch only
 * rises; a batch with a lower one is refused, which tells its sender that it is no longer the
 * owner. A batch is answered when every segment has been passed to the shards; this is the
 * back-pressure on its owner. Supervisor's context only.
 */
final class SupervisorMessageHandler {
  private static final Logger log = LoggerFactory.getLogger(SupervisorMessageHandler.class);

  private final LocalStreams table;
  private final GapFiller gapFiller;
  private final NodeWatchReporter watches;
  private final UserWatchRegistry users;
  private final SupervisorMetrics meters;

  /** Per partition, the number of the last batch of its epoch. */
  private final long[] numbers;

  private final List<UnsavedEvents> unsaved;
  private final List<RecentOffsets> recent;

  SupervisorMessageHandler(
      SupervisorContext context,
      LocalStreams table,
      GapFiller gapFiller,
      NodeWatchReporter watches,
      UserWatchRegistry users) {
    this.table = table;
    this.gapFiller = gapFiller;
    this.watches = watches;
    this.users = users;
    this.meters = context.meters();
    int partitions = context.assignment().partitions().count();
    this.numbers = new long[partitions];
    this.unsaved =
        Stream.generate(() -> new UnsavedEvents(context.nanoTime())).limit(partitions).toList();
    this.recent =
        Stream.generate(() -> new RecentOffsets(context.nanoTime())).limit(partitions).toList();
  }

  void handle(Message<Object> message) {
    Object body = message.body();
    if (body instanceof EventBatch batch) {
      handle(batch, message);
    } else if (body instanceof Announce announce) {
      message.reply(answer(announce));
    } else if (body instanceof StateUpdates states) {
      boolean accepted = admit(states.getPartition(), states.getEpoch());
      if (accepted) {
        states.getStatesList().forEach(table::state);
      }
      message.reply(answer(states.getPartition(), accepted));
    } else if (body instanceof Watches reported) {
      users.handle(reported, message);
    } else if (body instanceof Elsewhere elsewhere) {
      watches.elsewhere(elsewhere.getConnectionsList());
      message.reply(Answer.newBuilder().setAccepted(true).build());
    } else if (body instanceof Suspended suspended) {
      if (admit(suspended.getPartition(), suspended.getEpoch())) {
        log.warn(
            "the owner of partition {} had suspended this node; registering its streams again",
            suspended.getPartition());
        table.registerAll(suspended.getPartition());
      }
    }
  }

  private boolean admit(int partition, long epoch) {
    long known = table.epoch(partition);
    if (epoch > known) {
      table.epoch(partition, epoch);
      numbers[partition] = 0;
    }
    return epoch >= known;
  }

  private Answer answer(int partition, boolean accepted) {
    return Answer.newBuilder().setEpoch(table.epoch(partition)).setAccepted(accepted).build();
  }

  private Answer answer(Announce announce) {
    int partition = announce.getPartition();
    boolean newer = announce.getEpoch() > table.epoch(partition);
    boolean accepted = admit(partition, announce.getEpoch());
    Answer answer = answer(partition, accepted);
    if (newer) {
      // An owner that this node did not hear of may have sent events to other nodes.
      table.resync(partition);
    }
    return accepted
        ? answer.toBuilder()
            .addAllUnsaved(unsaved.get(partition).segments())
            .putAllLast(table.active(partition))
            .addAllRecent(recent.get(partition).segments())
            .build()
        : answer;
  }

  private void handle(EventBatch batch, Message<Object> message) {
    int partition = batch.getPartition();
    if (!admit(partition, batch.getEpoch())) {
      meters.staleBatches.increment();
      message.reply(answer(partition, false));
      return;
    }
    meters.batches.increment();
    if (batch.getNumber() > numbers[partition] + 1) {
      meters.lostBatches.increment(batch.getNumber() - numbers[partition] - 1.0);
      table.resync(partition);
    }
    numbers[partition] = Math.max(numbers[partition], batch.getNumber());
    if (batch.getUnsaved()) {
      batch.getSegmentsList().forEach(unsaved.get(partition)::add);
    } else {
      unsaved.get(partition).clear();
    }
    // One more than there are segments, so that a batch without segments is answered too.
    int[] open = {batch.getSegmentsCount() + 1};
    Runnable done =
        () -> {
          if (--open[0] == 0) {
            message.reply(answer(partition, true));
          }
        };
    BatchSpan write = BatchSpan.begin(batch.getTraceparent(), partition);
    for (Segment segment : batch.getSegmentsList()) {
      recent.get(partition).add(segment);
      LocalStream stream = table.find(segment.getStream());
      if (stream == null) {
        done.run();
      } else if (stream.open()) {
        Runnable finished = write == null ? done : write.holdUntil(done);
        stream.whenReady(() -> deliver(stream, segment, write, finished));
      } else {
        // It opens soon or never: the owner must not wait for it.
        stream.whenReady(() -> deliver(stream, segment, null, () -> {}));
        done.run();
      }
    }
    if (write != null) {
      write.release(0);
    }
    done.run();
  }

  private void deliver(
      LocalStream stream, Segment segment, @Nullable BatchSpan write, Runnable done) {
    Runnable deliver =
        () -> {
          stream.deliver(segment.getEventsList(), write);
          done.run();
        };
    long newest = segment.getEvents(segment.getEventsCount() - 1).getOffset();
    if (stream.ended()) {
      done.run();
    } else if (newest > stream.last() && segment.getPrevious() > stream.last()) {
      gapFiller.fill(stream, segment.getPrevious(), deliver);
    } else {
      deliver.run();
    }
  }
}
