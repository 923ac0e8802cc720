package io.ovation.chaos;

import java.time.Duration;

/** {@code [--minutes M] [--seed N]}: one run of random faults; exits with 1 if a promise broke. */
public final class Chaos {
  private Chaos() {}

  public static void main(String[] args) {
    long minutes = 3;
    long seed = System.currentTimeMillis() % 1_000_000;
    for (int i = 0; i + 1 < args.length; i += 2) {
      switch (args[i]) {
        case "--minutes" -> minutes = Long.parseLong(args[i + 1]);
        case "--seed" -> seed = Long.parseLong(args[i + 1]);
        default -> throw new IllegalArgumentException("unknown option " + args[i]);
      }
    }
    System.out.printf("bin/chaos --minutes %d --seed %d%n", minutes, seed);
    ChaosRun.Verdict verdict = new ChaosRun(seed, Duration.ofMinutes(minutes)).run();
    verdict.broken().forEach(line -> System.out.println("BROKEN " + line));
    System.out.println(verdict.summary());
    System.exit(verdict.broken().isEmpty() ? 0 : 1);
  }
}
