package io.ovation.supervise;

import io.ovation.supervise.watch.UserWatchRegistry;
import io.ovation.wire.proto.Announce;
import io.ovation.wire.proto.Answer;
import io.ovation.wire.proto.Batch;
import io.ovation.wire.proto.Elsewhere;
import io.ovation.wire.proto.Segment;
import io.ovation.wire.proto.States;
import io.ovation.wire.proto.Suspended;
import io.ovation.wire.proto.Watches;
import io.vertx.core.eventbus.Message;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what owners and other supervisors send. A partition's epoch only rises; a batch of a lower
 * one is refused, and its sender thereby told. A batch is answered when every segment has been
 * handed to the shards, which is what bounds how much an owner sends.
 */
final class SupervisorMessageHandler {
  private static final Logger log = LoggerFactory.getLogger(SupervisorMessageHandler.class);

  private final StreamTable table;
  private final UserWatchRegistry users;
  private final SupervisorMetrics meters;
  private final long[] epochs;
  private final long[] numbers;

  SupervisorMessageHandler(
      StreamTable table, UserWatchRegistry users, int partitions, SupervisorMetrics meters) {
    this.table = table;
    this.users = users;
    this.meters = meters;
    this.epochs = new long[partitions];
    this.numbers = new long[partitions];
  }

  void take(Message<Object> message) {
    Object body = message.body();
    if (body instanceof Batch batch) {
      take(batch, message);
    } else if (body instanceof Announce announce) {
      boolean accepted = admit(announce.getPartition(), announce.getEpoch());
      message.reply(answer(announce.getPartition(), accepted));
    } else if (body instanceof States states) {
      boolean accepted = admit(states.getPartition(), states.getEpoch());
      if (accepted) {
        states.getStatesList().forEach(table::state);
      }
      message.reply(answer(states.getPartition(), accepted));
    } else if (body instanceof Watches watches) {
      users.take(watches, message);
    } else if (body instanceof Elsewhere elsewhere) {
      table.watches().elsewhere(elsewhere.getConnectionsList());
      message.reply(Answer.newBuilder().setAccepted(true).build());
    } else if (body instanceof Suspended suspended) {
      if (admit(suspended.getPartition(), suspended.getEpoch())) {
        log.warn(
            "this node was out of the route of partition {}: registering again",
            suspended.getPartition());
        table.suspended(suspended.getPartition());
      }
    }
  }

  private boolean admit(int partition, long epoch) {
    if (epoch < epochs[partition]) {
      return false;
    }
    if (epoch > epochs[partition]) {
      epochs[partition] = epoch;
      numbers[partition] = 0;
    }
    return true;
  }

  private Answer answer(int partition, boolean accepted) {
    return Answer.newBuilder().setEpoch(epochs[partition]).setAccepted(accepted).build();
  }

  private void take(Batch batch, Message<Object> message) {
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
    Countdown open =
        new Countdown(batch.getSegmentsCount(), () -> message.reply(answer(partition, true)));
    for (Segment segment : batch.getSegmentsList()) {
      LiveStream stream = table.find(segment.getStream());
      if (stream == null) {
        open.one();
      } else {
        table.whenReady(stream, () -> apply(stream, segment, open));
      }
    }
  }

  private void apply(LiveStream stream, Segment segment, Countdown open) {
    long newest = segment.getEvents(segment.getEventsCount() - 1).getOffset();
    Runnable deliver =
        () -> {
          stream.deliver(segment.getEventsList());
          open.one();
        };
    if (newest > stream.last() && segment.getPrevious() > stream.last()) {
      table.gapFiller().fill(stream, segment.getPrevious(), deliver);
    } else {
      deliver.run();
    }
  }

  /** Runs {@code then} after so many calls; at once for none. */
  private static final class Countdown {
    private final Runnable then;
    private int left;

    Countdown(int count, Runnable then) {
      this.left = count;
      this.then = then;
      if (count == 0) {
        then.run();
      }
    }

    void one() {
      if (--left == 0) {
        then.run();
      }
    }
  }
}
