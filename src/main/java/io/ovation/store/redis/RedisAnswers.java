package io.ovation.store.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.store.Store.Appended;
import io.ovation.store.Store.History;
import io.ovation.store.Store.Kept;
import io.ovation.store.Store.Versioned;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Reads what Redis and the scripts answer. */
final class RedisAnswers {
  /** A hole comes before an event of the same offset, so that a reader is not past it already. */
  private static final Comparator<Kept> ORDER =
      Comparator.comparingLong(Kept::offset)
          .thenComparing(kept -> !kept.hole())
          .thenComparingLong(Kept::from);

  static List<Appended> appended(Response answer) {
    List<Appended> appended = new ArrayList<>(answer.size() / 5);
    for (int i = 1; i < answer.size(); i += 5) {
      int known = answer.get(i + 2).toInteger();
      appended.add(
          new Appended(
              answer.get(i).toLong(),
              answer.get(i + 1).toLong(),
              known > 0,
              known == 2,
              answer.get(i + 3).toLong(),
              answer.get(i + 4).toInteger() == 1));
    }
    return appended;
  }

  /** The answer of {@code history.lua}: events and holes, each in order. */
  static History page(Response answer, long after, int limit) {
    long last = answer.get(0).toLong();
    long dropped = answer.get(1).toLong();
    List<Kept> entries = new ArrayList<>();
    answer.get(2).forEach(event -> entries.add(event(event)));
    answer.get(3).forEach(hole -> entries.add(hole(hole.toString().split(" ", -1))));
    entries.sort(ORDER);
    // A viewer that has seen a part of a stream unknown here may have missed any number of events.
    boolean forgotten = last == 0 && after > 0;
    return History.of(entries, limit, dropped <= after && !forgotten);
  }

  /** {@code [id, [p, previous, u, user, i, id, b, body, z, bytes before]]}. */
  static Kept event(Response entry) {
    String id = entry.get(0).toString();
    long offset = Long.parseLong(id.substring(0, id.indexOf('-')));
    Response fields = entry.get(1);
    String user = fields.get(3).toString(UTF_8);
    return new Kept(offset, offset, user, fields.get(5).toString(UTF_8), fields.get(7).toBytes());
  }

  private static Kept hole(String[] ends) {
    return Kept.hole(Long.parseLong(ends[0]), Long.parseLong(ends[1]));
  }

  /**
   * What is remembered of ids: {@code offset previous own}, then an {@code x} if it was deleted.
   */
  static List<Long> offsets(Response answer) {
    List<Long> offsets = new ArrayList<>();
    for (Response known : answer) {
      String text = known == null ? "0 x" : known.toString();
      offsets.add(text.endsWith(" x") ? 0 : Long.parseLong(text.substring(0, text.indexOf(' '))));
    }
    return offsets;
  }

  static Optional<Versioned> versioned(Response answer) {
    Response version = answer.get(0);
    return version == null
        ? Optional.empty()
        : Optional.of(new Versioned(version.toLong(), answer.get(1).toString(UTF_8)));
  }

  private RedisAnswers() {}
}
