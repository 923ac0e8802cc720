package io.ovation.dispatch;

import io.ovation.queue.Partitions;
import io.ovation.wire.proto.Answer;
import io.ovation.wire.proto.Audit;
import io.ovation.wire.proto.Audited;
import io.ovation.wire.proto.Counts;
import io.ovation.wire.proto.PartitionRoutes;
import io.ovation.wire.proto.PartitionsQuery;
import io.ovation.wire.proto.PresenceQuery;
import io.ovation.wire.proto.Register;
import io.ovation.wire.proto.Seen;
import io.ovation.wire.proto.StreamQuery;
import io.ovation.wire.proto.Unregister;
import io.vertx.core.Future;
import io.vertx.core.eventbus.Message;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Answers the event-bus messages of other nodes to this dispatcher. A request for a partition that
 * is not owned here fails with 404, one that cannot be answered yet with 503.
 */
final class DispatchMessageHandler {
  private final Partitions partitions;
  private final OwnedPartitions owned;

  DispatchMessageHandler(Partitions partitions, OwnedPartitions owned) {
    this.partitions = partitions;
    this.owned = owned;
  }

  void handle(Message<Object> message) {
    Object body = message.body();
    if (body instanceof Register register) {
      register(message, register);
    } else if (body instanceof Unregister unregister) {
      PartitionOwner owner = owned.get(unregister.getPartition());
      if (owner != null) {
        owner.registrations().unregister(unregister);
      }
    } else if (body instanceof Counts counts) {
      count(message, counts);
    } else if (body instanceof Audit audit) {
      message.reply(audit(audit));
    } else if (body instanceof StreamQuery query) {
      query(message, query);
    } else if (body instanceof PresenceQuery query) {
      presence(message, query);
    } else if (body instanceof PartitionsQuery query) {
      message.reply(owned.report(query.getBusiest()));
    } else if (body instanceof Seen seen) {
      message.reply(Answer.newBuilder().setAccepted(seen(seen)).build());
    }
  }

  private void register(Message<Object> message, Register register) {
    PartitionOwner owner = ownerOrFail(message, register.getPartition());
    if (owner != null) {
      reply(message, owner.register(register));
    }
  }

  private void count(Message<Object> message, Counts counts) {
    PartitionOwner owner = ownerOrFail(message, counts.getPartition());
    if (owner != null) {
      owner.states().count(counts);
      message.reply(Answer.newBuilder().setAccepted(true).build());
    }
  }

  private void query(Message<Object> message, StreamQuery query) {
    PartitionOwner owner = ownerOrFail(message, query.getPartition());
    if (owner != null) {
      reply(message, owner.states().query(query.getStream()));
    }
  }

  private void presence(Message<Object> message, PresenceQuery query) {
    PartitionOwner owner = ownerOrFail(message, query.getPartition());
    if (owner != null) {
      message.reply(owner.states().presence(query));
    }
  }

  /** Returns the partitions in which the node's routes differ from the owner's. */
  private Audited audit(Audit audit) {
    Audited.Builder answer = Audited.newBuilder();
    for (PartitionRoutes believed : audit.getPartitionsList()) {
      PartitionOwner owner = owned.get(believed.getPartition());
      if (owner == null || !owner.agrees(audit.getNode(), believed)) {
        answer.addDiffering(believed.getPartition());
      }
    }
    return answer.build();
  }

  /** Returns false if some of the streams are owned elsewhere. */
  private boolean seen(Seen seen) {
    boolean all = true;
    for (Map.Entry<String, Long> next : seen.getLeftMsMap().entrySet()) {
      PartitionOwner owner = owned.get(partitions.of(next.getKey()));
      if (owner == null) {
        all = false;
      } else {
        owner.states().seen(next.getKey(), next.getValue());
      }
    }
    return all;
  }

  private @Nullable PartitionOwner ownerOrFail(Message<Object> message, int partition) {
    PartitionOwner owner = owned.get(partition);
    if (owner == null) {
      message.fail(404, "by this node's view it does not own the partition");
    }
    return owner;
  }

  private static void reply(Message<Object> message, Future<?> answer) {
    answer
        .onSuccess(message::reply)
        .onFailure(e -> message.fail(503, String.valueOf(e.getMessage())));
  }
}
