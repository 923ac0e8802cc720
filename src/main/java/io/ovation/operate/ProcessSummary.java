package io.ovation.operate;

import io.vertx.core.json.JsonObject;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** This process's threads and heap, as an operator first asks for them. */
final class ProcessSummary {
  private ProcessSummary() {}

  static JsonObject json() {
    MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    Map<String, Object> states = new TreeMap<>();
    for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
      if (thread != null) {
        String state = thread.getThreadState().name().toLowerCase(Locale.ROOT);
        states.merge(state, 1, (a, b) -> (Integer) a + (Integer) b);
      }
    }
    long[] deadlocked = threads.findDeadlockedThreads();
    return new JsonObject()
        .put("uptime_ms", ManagementFactory.getRuntimeMXBean().getUptime())
        .put("heap_used_bytes", heap.getUsed())
        .put("heap_max_bytes", heap.getMax())
        .put("threads", threads.getThreadCount())
        .put("thread_states", new JsonObject(states))
        .put("deadlocked_threads", deadlocked == null ? 0 : deadlocked.length);
  }
}
