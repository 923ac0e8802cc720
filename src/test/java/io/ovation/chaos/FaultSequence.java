package io.ovation.chaos;

import io.ovation.chaos.Fault.Strike;
import io.ovation.chaos.Fault.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.stream.Stream;

/** A fault, or two of different targets of which the second begins before the first is over. */
final class FaultSequence {
  /** Of this many faults one is joined by another. */
  private static final int JOINED = 3;

  /** An owner probes a store that was away: one probe may have to time out, the next succeeds. */
  private static final long NOTICED_MICROS = 3_000_000;

  private final ChaosCluster cluster;
  private final Random random;
  private final Timeline timeline;
  private final List<Fault> faults;
  private final PriorityQueue<Step> steps = new PriorityQueue<>(Comparator.comparing(Step::at));
  private final List<String> said = new ArrayList<>();
  private final List<StoreFault> storeFaults = new ArrayList<>();
  private long began;
  private long healed;

  /** Of the store; times in microseconds since the epoch. */
  private record StoreFault(Fault fault, long from, long healed) {}

  private record Step(long at, Runnable action) {}

  private FaultSequence(
      ChaosCluster cluster, Random random, Timeline timeline, List<Fault> faults) {
    this.cluster = cluster;
    this.random = random;
    this.timeline = timeline;
    this.faults = faults;
  }

  /** The next ones at random. */
  static FaultSequence next(ChaosCluster cluster, Random random, Timeline timeline) {
    List<Fault> possible = Stream.of(Fault.values()).filter(f -> f.possible(cluster)).toList();
    Fault first = possible.get(random.nextInt(possible.size()));
    List<Fault> faults = new ArrayList<>(List.of(first));
    if (random.nextInt(JOINED) == 0) {
      List<Fault> others = possible.stream().filter(f -> f.target() != first.target()).toList();
      faults.add(others.get(random.nextInt(others.size())));
    }
    return new FaultSequence(cluster, random, timeline, faults);
  }

  int size() {
    return faults.size();
  }

  /** When the last of them was healed, on the monotonic clock. */
  long healed() {
    return healed;
  }

  /** Within what time after {@link #healed} all is well again. */
  Duration recovery() {
    return faults.stream().map(Fault::recovery).max(Comparator.naturalOrder()).orElseThrow();
  }

  /** Returns when all are healed. */
  void run() {
    began = Timeline.nowMicros();
    begin(faults.get(0), true);
    while (!steps.isEmpty()) {
      Step next = steps.remove();
      ChaosRun.pause(Math.max(0, (next.at() - System.nanoTime()) / 1_000_000));
      next.action().run();
    }
    healed = System.nanoTime();
  }

  /**
   * All is served again. A fault of the store is over when its nodes have noticed that: until now,
   * unless another fault was healed later.
   */
  void recovered() {
    long now = Timeline.nowMicros();
    for (StoreFault store : storeFaults) {
      long noticed = Math.min(now, store.healed() + store.fault().recovery().toNanos() / 1_000);
      timeline.storeTrouble(store.from(), Math.max(noticed, store.healed() + NOTICED_MICROS));
      if (store.fault() == Fault.LOSE_LAST_SECOND) {
        timeline.dataLoss(store.from(), store.healed(), began);
      }
    }
  }

  private void begin(Fault fault, boolean first) {
    String name = fault.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    timeline.say(name + " ...");
    long micros = Timeline.nowMicros();
    long begun = System.nanoTime();
    Strike strike = fault.strike(cluster, random);
    String what = name + " " + strike.what() + " for " + strike.lasts().toMillis() + " ms";
    said.add(what);
    timeline.say("  " + what);
    steps.add(new Step(begun + strike.lasts().toNanos(), () -> heal(fault, strike, micros, what)));
    if (first && faults.size() > 1) {
      long later = (long) (random.nextDouble() * strike.lasts().toNanos());
      steps.add(new Step(begun + later, () -> begin(faults.get(1), false)));
    }
  }

  private void heal(Fault fault, Strike strike, long micros, String what) {
    strike.heal().run();
    if (fault.target() == Target.STORE) {
      storeFaults.add(new StoreFault(fault, micros, Timeline.nowMicros()));
    }
    timeline.say("  healed: " + what);
  }

  @Override
  public String toString() {
    return String.join(" and ", said);
  }
}
