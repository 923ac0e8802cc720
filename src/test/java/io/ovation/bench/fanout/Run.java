package io.ovation.bench.fanout;

import io.ovation.testkit.CrowdProtocol;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * One server under one load: viewers watch, comments are posted at a fixed rate, first to warm up,
 * then measured. {@link Session} does it.
 *
 * @param streams viewers and posts go round them
 * @param perSecond comments
 * @param drains whether the server is meant to keep up: then all it owes is waited for
 * @param burst comments a second with which to warm up first; 0 for none
 */
record Run(
    Target target,
    CrowdProtocol protocol,
    int streams,
    int viewers,
    double perSecond,
    int warmSeconds,
    int seconds,
    boolean drains,
    double burst) {
  private static final int TURNS = 3;

  static String[] names(int streams) {
    return IntStream.range(0, streams).mapToObj(i -> "s%04d".formatted(i)).toArray(String[]::new);
  }

  static Run of(Target target, int viewers, double perSecond, int warm, int seconds) {
    return new Run(
        target, target.viewers().apply(names(1)), 1, viewers, perSecond, warm, seconds, true, 0);
  }

  Run overloaded() {
    return new Run(
        target, protocol, streams, viewers, perSecond, warmSeconds, seconds, false, burst);
  }

  Run over(Function<String[], CrowdProtocol> other) {
    return new Run(
        target,
        other.apply(names(streams)),
        streams,
        viewers,
        perSecond,
        warmSeconds,
        seconds,
        drains,
        burst);
  }

  /** Warms up at this rate first; a server that can't keep up is warmed up at this rate only. */
  Run burst(double more) {
    return new Run(
        target, protocol, streams, viewers, perSecond, warmSeconds, seconds, drains, more);
  }

  JsonObject measure() {
    try (Session session = new Session(this)) {
      session.measure(seconds);
      return session.result();
    }
  }

  /**
   * Servers in turns, a third of their time each, so that a machine that is faster now and slower
   * then is so for all of them.
   */
  static List<JsonObject> inTurns(Run... runs) {
    List<Session> sessions = new ArrayList<>();
    try {
      for (Run run : runs) {
        sessions.add(new Session(run));
      }
      for (int turn = 0; turn < TURNS; turn++) {
        for (Session session : sessions) {
          session.measure(session.run().seconds() / TURNS);
        }
      }
      return sessions.stream().map(Session::result).toList();
    } finally {
      sessions.forEach(Session::close);
    }
  }
}
