package io.ovation.dispatch.routing;

import static io.ovation.dispatch.DispatchFixture.ACCEPTED;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.dispatch.DispatchFixture;
import io.ovation.dispatch.comments.CommentBatch;
import io.ovation.dispatch.comments.PendingEvent;
import io.ovation.dispatch.comments.StreamOffsets;
import io.ovation.dispatch.comments.TestBatches;
import io.ovation.testkit.VirtualVertx.Sent;
import io.ovation.wire.proto.EventBatch;
import org.junit.jupiter.api.Test;

/** The hops that a dispatcher times; the fixture's wall clock begins at 1,000 s. */
class HopMetricsTest {
  private final DispatchFixture f = new DispatchFixture();
  private final RoutingTable routes = new RoutingTable();
  private final StreamOffsets offsets = new StreamOffsets(() -> 0);
  private final BatchSender sender =
      new BatchSender(f.context, 3, 7, routes, offsets, f.guard, () -> {});

  @Test
  void aBatchIsTimedOnceFromItsOldestCommentAndOncePerNode() {
    routes.add("s", "a");
    routes.add("s", "b");
    f.time.pass(500);
    sender.send(batch(1_000_400, 1_000_100, 1_000_300));
    assertThat(f.metric("ovation_dispatch_wait_seconds_count")).isEqualTo(1);
    assertThat(f.metric("ovation_dispatch_wait_seconds_sum")).isEqualTo(0.4);
    assertThat(f.metric("ovation_dispatch_batch_events_count")).isEqualTo(1);
    assertThat(f.metric("ovation_dispatch_batch_events_sum")).isEqualTo(3);
    f.time.pass(30);
    f.time.take(EventBatch.class).forEach(sent -> sent.answer(ACCEPTED));
    assertThat(f.metric("ovation_dispatch_answer_seconds_count")).isEqualTo(2);
    assertThat(f.metric("ovation_dispatch_answer_seconds_sum")).isEqualTo(0.06);
  }

  @Test
  void nodesLearnWhenTheCommentWasAccepted() {
    routes.add("s", "a");
    sender.send(batch(999_000));
    Sent sent = f.time.next(EventBatch.class);
    assertThat(((EventBatch) sent.body()).getSegments(0).getEvents(0).getAcceptedMs())
        .isEqualTo(999_000);
  }

  @Test
  void aClockThatIsBehindCountsAsNoTime() {
    sender.send(batch(2_000_000));
    assertThat(f.metric("ovation_dispatch_wait_seconds_count")).isEqualTo(1);
    assertThat(f.metric("ovation_dispatch_wait_seconds_sum")).isZero();
  }

  private static CommentBatch batch(long... acceptedMs) {
    PendingEvent[] comments = new PendingEvent[acceptedMs.length];
    for (int i = 0; i < comments.length; i++) {
      comments[i] = TestBatches.accepted("s", "c" + i, 10 + i, acceptedMs[i]);
    }
    return TestBatches.of(comments);
  }
}
