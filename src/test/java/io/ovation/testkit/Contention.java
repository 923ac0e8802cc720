package io.ovation.testkit;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;

/**
 * How much longer work takes because others use the processors too. A promised time holds on a
 * machine that is not overloaded; a test that asserts one allows for what it measures here.
 */
public final class Contention {
  private static final long WORK_NANOS = Duration.ofMillis(100).toNanos();
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private Contention() {}

  /** The promised time, multiplied by how many times longer work takes at present. */
  public static Duration allowedFor(Duration promised) {
    return Duration.ofNanos((long) (promised.toNanos() * factor()));
  }

  /** 1 on an idle machine; 3 where each processor is shared by three. Takes 0.1 s at least. */
  public static double factor() {
    int threads = Runtime.getRuntime().availableProcessors();
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      return IntStream.range(0, threads)
          .mapToObj(i -> CompletableFuture.supplyAsync(Contention::wallOverCpu, pool))
          .toList()
          .stream()
          .mapToDouble(CompletableFuture::join)
          .max()
          .orElse(1);
    } finally {
      pool.shutdown();
    }
  }

  private static double wallOverCpu() {
    long begun = System.nanoTime();
    long cpu = THREADS.getCurrentThreadCpuTime();
    long used = 0;
    while (used < WORK_NANOS) {
      used = THREADS.getCurrentThreadCpuTime() - cpu;
    }
    return Math.max(1, (System.nanoTime() - begun) / (double) used);
  }
}
