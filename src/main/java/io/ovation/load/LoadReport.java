package io.ovation.load;

import java.io.PrintStream;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;

/** What became of the comments of one run. Any thread. */
final class LoadReport {
  /** Kinds of problems that are told apart; the protocol has fewer. */
  private static final int KINDS = 50;

  private static final long MAX_MICROS = TimeUnit.MINUTES.toMicros(10);

  private final String run = Long.toString(System.currentTimeMillis(), 36);
  private final long[] sentAt;

  /** The numbers of the accepted comments, by stream. */
  private final Map<String, BitSet> accepted = new ConcurrentHashMap<>();

  private final Map<String, LongAdder> answers = new ConcurrentHashMap<>();
  private final Map<String, LongAdder> reconnects = new ConcurrentHashMap<>();
  private final Map<String, Problem> problems = new ConcurrentHashMap<>();
  private final ConcurrentHistogram micros = new ConcurrentHistogram(MAX_MICROS, 3);
  private final LongAdder doubled = new LongAdder();
  private final LongAdder closed = new LongAdder();

  private record Problem(String first, LongAdder times) {}

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
    problem("comment without an answer", cause.toString());
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

  /** A node asked a viewer to reconnect, as it does when it stops. */
  void reconnect(String reason) {
    reconnects.computeIfAbsent(reason, r -> new LongAdder()).increment();
  }

  /** Counted by its kind; the first of a kind is shown. */
  void problem(String kind, String what) {
    if (problems.size() < KINDS || problems.containsKey(kind)) {
      problems.computeIfAbsent(kind, k -> new Problem(what, new LongAdder())).times.increment();
    }
  }

  /** Accepted comments that viewers of their streams have not received, connected or not. */
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
    List<LoadViewer> away = viewers.stream().filter(viewer -> !viewer.watching()).toList();
    long missed = missing(away);
    out.printf("answers to comments: %s%n", new TreeMap<>(answers));
    out.printf(
        "delivered %,d, lost %,d, doubled %,d, connections lost %,d%n",
        micros.getTotalCount(), missing - missed, doubled.sum(), closed.sum());
    if (!away.isEmpty()) {
      out.printf(
          "%,d viewers have no connection and missed %,d comments, not counted as lost%n",
          away.size(), missed);
    }
    if (!reconnects.isEmpty()) {
      out.printf("asked to reconnect: %s%n", new TreeMap<>(reconnects));
    }
    out.printf(
        "from the request to a viewer, ms: p50 %.1f, p90 %.1f, p99 %.1f, max %.1f%n",
        ms(50), ms(90), ms(99), ms(100));
    problems.forEach(
        (kind, problem) ->
            out.printf("%,d times: %s, first: %s%n", problem.times.sum(), kind, problem.first));
    return missing == 0 && doubled.sum() == 0 && micros.getTotalCount() > 0;
  }

  private double ms(double percentile) {
    return micros.getValueAtPercentile(percentile) / 1000.0;
  }
}
