package io.ovation.store.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.store.Store.History;
import io.ovation.store.Store.Kept;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Merges the answer of {@code history.lua}, events and holes each in order, into one list. */
final class HistoryPage {
  private static final byte[] NONE = new byte[0];

  /** A hole comes before an event of the same offset, so that a reader is not past it already. */
  private static final Comparator<Kept> ORDER =
      Comparator.comparingLong(Kept::offset)
          .thenComparing(kept -> !kept.hole())
          .thenComparingLong(Kept::from);

  private HistoryPage() {}

  static History read(Response answer, long after, int limit) {
    long last = answer.get(0).toLong();
    long dropped = answer.get(1).toLong();
    List<Kept> entries = new ArrayList<>();
    for (Response event : answer.get(2)) {
      entries.add(event(event));
    }
    for (Response hole : answer.get(3)) {
      entries.add(hole(hole.toString(UTF_8)));
    }
    entries.sort(ORDER);
    boolean more = entries.size() > limit;
    // A viewer that has seen a part of a stream unknown here may have missed any number of events.
    boolean forgotten = last == 0 && after > 0;
    return new History(
        List.copyOf(more ? entries.subList(0, limit) : entries),
        dropped <= after && !forgotten,
        more);
  }

  /** {@code [id, [p, previous, u, user, i, id, b, body, z, bytes before]]}. */
  private static Kept event(Response entry) {
    String id = entry.get(0).toString(UTF_8);
    long offset = Long.parseLong(id.substring(0, id.indexOf('-')));
    Response fields = entry.get(1);
    return new Kept(
        offset,
        offset,
        fields.get(3).toString(UTF_8),
        fields.get(5).toString(UTF_8),
        fields.get(7).toBytes());
  }

  /** {@code "from to"}. */
  private static Kept hole(String member) {
    int space = member.indexOf(' ');
    return new Kept(
        Long.parseLong(member.substring(0, space)),
        Long.parseLong(member.substring(space + 1)),
        "",
        "",
        NONE);
  }
}
