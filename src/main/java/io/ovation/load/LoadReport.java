package io.ovation.load;

import java.io.PrintStream;
import java.util.BitSet;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;

/** What became of the comments of one run. Any thread. */
final class LoadReport {
  private static final int PROBLEMS = 20;
  private static final long MAX_MICROS = TimeUnit.MINUTES.toMicros(10);

  private final String run = Long.toString(System.currentTimeMillis(), 36);
  private final long[] sentAt;

  /** The numbers of the accepted comments, by stream. */
  private final Map<String, BitSet> accepted = new ConcurrentHashMap<>();

  private final Map<String, LongAdder> answers = new ConcurrentHashMap<>();
  private final Map<String, LongAdder> problems = new ConcurrentHashMap<>();
  private final ConcurrentHistogram micros = new ConcurrentHistogram(MAX_MICROS, 3);
  private final LongAdder doubled = new LongAdder();
  private final LongAdder closed = new LongAdder();

  LoadReport(int comments) {
    sentAt = new long[comments];
  }

  /** The id of a comment that is sent now. */
  String sending(int number) {
    sentAt[number] = System.nanoTime();
    return "load-" + run + "-" + number;
  }

  void answered(String stream, int number, int status) {
    answers.computeIfAbsent(Integer.toString(status), s -> new LongAdder()).increment();
    if (status == 202) {
      BitSet numbers = accepted.computeIfAbsent(stream, s -> new BitSet());
      synchronized (numbers) {
        numbers.set(number);
      }
    }
  }

  void unanswered(Throwable cause) {
    answers.computeIfAbsent("no answer", s -> new LongAdder()).increment();
    problem(cause.toString());
  }

  /** Returns the comment's number, or -1 if it is not of this run. */
  int arrived(String id, long nanos) {
    String prefix = "load-" + run + "-";
    if (!id.startsWith(prefix)) {
      return -1;
    }
    int number = Integer.parseInt(id.substring(prefix.length()));
    long after = TimeUnit.NANOSECONDS.toMicros(nanos - sentAt[number]);
    micros.recordValue(Math.min(after, MAX_MICROS));
    return number;
  }

  void doubled() {
    doubled.increment();
  }

  void closed() {
    closed.increment();
  }

  void problem(String what) {
    if (problems.size() < PROBLEMS) {
      problems.computeIfAbsent(what, p -> new LongAdder()).increment();
    }
  }

  /** Accepted comments that viewers of their streams did not receive. */
  long missing(Collection<LoadViewer> viewers) {
    return viewers.stream().mapToLong(this::missing).sum();
  }

  private long missing(LoadViewer viewer) {
    BitSet numbers = accepted.getOrDefault(viewer.stream(), new BitSet());
    synchronized (numbers) {
      return viewer.missing(numbers);
    }
  }

  /** Returns whether every viewer received every accepted comment once. */
  boolean print(Collection<LoadViewer> viewers, PrintStream out) {
    long missing = missing(viewers);
    out.printf("answers to comments: %s%n", new TreeMap<>(answers));
    out.printf(
        "delivered %,d, lost %,d, doubled %,d, connections closed %,d%n",
        micros.getTotalCount(), missing, doubled.sum(), closed.sum());
    out.printf(
        "from the request to a viewer, ms: p50 %.1f, p90 %.1f, p99 %.1f, max %.1f%n",
        ms(50), ms(90), ms(99), ms(100));
    problems.forEach((what, times) -> out.printf("%,d times: %s%n", times.sum(), what));
    return missing == 0 && doubled.sum() == 0 && micros.getTotalCount() > 0;
  }

  private double ms(double percentile) {
    return micros.getValueAtPercentile(percentile) / 1000.0;
  }
}
