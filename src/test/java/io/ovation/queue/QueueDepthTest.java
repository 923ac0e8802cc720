package io.ovation.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.metrics.Metrics;
import io.ovation.queue.typed.ScriptedBroker;
import io.ovation.testkit.VirtualTimers;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class QueueDepthTest {
  private final AtomicInteger polls = new AtomicInteger();
  private final VirtualTimers timers = new VirtualTimers();

  /** The scripted broker counts nothing: it throws. */
  @Test
  void pollThatThrowsIsFollowedByTheNext() {
    new QueueDepth(new ScriptedBroker(), "q", Set.of(Lane.NORMAL), this::owned, new Metrics())
        .watch(timers.vertx());
    timers.advance(5_000);
    timers.advance(5_000);
    assertThat(polls).hasValue(2);
  }

  private List<Integer> owned() {
    polls.incrementAndGet();
    throw new IllegalStateException("thrown by a test");
  }
}
