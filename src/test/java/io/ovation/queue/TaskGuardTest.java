package io.ovation.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.metrics.Metrics;
import org.junit.jupiter.api.Test;

class TaskGuardTest {
  @Test
  void exceptionAndErrorAreCountedAndDoNotReachTheCaller() {
    Metrics metrics = new Metrics();
    TaskGuard guard = new TaskGuard(metrics);
    guard.run(
        "test",
        () -> {
          throw new IllegalStateException("thrown by a test");
        });
    guard.run(
        "test",
        () -> {
          throw new StackOverflowError("thrown by a test");
        });
    guard.run("test", () -> {});
    assertThat(metrics.scrape()).contains("ovation_queue_tasks_failed_total 2.0");
  }
}
