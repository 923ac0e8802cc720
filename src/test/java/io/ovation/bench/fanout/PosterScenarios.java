package io.ovation.bench.fanout;

import io.ovation.bench.fanout.Scenario.Length;
import io.ovation.testkit.RawHttp;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What one connection that posts comments gets: one that waits for each answer, one that does not.
 */
final class PosterScenarios {
  /** Posts that may be unanswered. */
  private static final int AHEAD = 256;

  private PosterScenarios() {}

  static List<Scenario> all() {
    return List.of(
        new Scenario(
            "posters", "one connection that posts comments", false, PosterScenarios::posters));
  }

  private static void posters(Figures figures, Length length) throws Exception {
    try (Target target = Targets.ovation("0")) {
      perSecond(target.port(), AHEAD, length.seconds(15, 5));
      double ahead = perSecond(target.port(), AHEAD, length.seconds(20, 8));
      double waiting = perSecond(target.port(), 1, length.seconds(10, 4));
      figures.run(new JsonObject().put("ahead_per_second", ahead).put("waiting", waiting));
      figures.atLeast("pipelining, answered in order", "/s", ahead, 5_000);
      figures.note("waiting for each answer", Figures.number(waiting) + "/s");
    }
  }

  /** Fails if an answer is no 202, or not that of the next post. */
  private static double perSecond(int port, int ahead, int seconds) throws Exception {
    Semaphore room = new Semaphore(ahead);
    AtomicBoolean done = new AtomicBoolean();
    long start = System.nanoTime();
    try (RawHttp http = new RawHttp(port)) {
      Thread writer = new Thread(() -> write(http, start, room, done));
      writer.start();
      long answers = 0;
      while (System.nanoTime() - start < Duration.ofSeconds(seconds).toNanos()) {
        RawHttp.Answer answer = http.read();
        String expected = "{\"id\":\"" + start + "-" + answers + "\"";
        if (answer.status() != 202 || !answer.body().startsWith(expected)) {
          throw new AssertionError(answer + " instead of " + expected);
        }
        answers++;
        room.release();
      }
      done.set(true);
      room.release(ahead);
      writer.join();
      return answers / ((System.nanoTime() - start) / 1e9);
    }
  }

  private static void write(RawHttp http, long run, Semaphore room, AtomicBoolean done) {
    for (long number = 0; !done.get(); number++) {
      room.acquireUninterruptibly();
      String body =
          "{\"user\":\"u%d\",\"text\":\"hello\",\"id\":\"%d-%d\"}"
              .formatted(number % 100, run, number);
      String path = "/streams/s" + number % 50 + "/comments";
      http.write(RawHttp.head("POST", path, "", body.length()) + body);
    }
  }
}
