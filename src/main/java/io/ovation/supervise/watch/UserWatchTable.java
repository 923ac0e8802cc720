package io.ovation.supervise.watch;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which user watches which stream on which connections, of the users that are kept here: some 64
 * bytes per connection, there while it watches. A hash table whose entries are their own chains.
 * Not thread-safe.
 */
final class UserWatchTable {
  private static final int LEAST = 64;

  private @Nullable Seat[] buckets = new Seat[LEAST];
  private int size;

  /** A connection that watches; {@code began} by its own node's clock. */
  static final class Seat {
    final long high;
    final long low;
    final long stream;
    final long connection;
    final ClockOffset node;
    private final long began;
    private @Nullable Seat next;

    Seat(HashedName user, long stream, ClockOffset node, long connection, long began) {
      this.high = user.high();
      this.low = user.low();
      this.stream = stream;
      this.node = node;
      this.connection = connection;
      this.began = began;
    }

    private boolean sameUser(Seat other) {
      return high == other.high && low == other.low;
    }

    private boolean is(ClockOffset onNode, long number) {
      return connection == number && node.id.equals(onNode.id);
    }

    private boolean beganAfter(Seat other) {
      return node.here(began) - other.node.here(other.began) > 0;
    }
  }

  int size() {
    return size;
  }

  /**
   * A connection watches. Of the user's connections those stay that watch the stream whose watch
   * began last; at the same time, the one that is told of last.
   *
   * @return those that must end; the new one among them if another began later
   */
  List<Seat> began(Seat seat) {
    List<Seat> losers = new ArrayList<>(0);
    List<Seat> others = of(seat);
    for (Seat other : others) {
      if (other.is(seat.node, seat.connection)) {
        remove(other);
      } else if (other.stream != seat.stream && other.beganAfter(seat)) {
        losers.add(seat);
        return losers;
      }
    }
    for (Seat other : others) {
      if (other.stream != seat.stream && !other.is(seat.node, seat.connection)) {
        remove(other);
        losers.add(other);
      }
    }
    add(seat);
    return losers;
  }

  void ended(HashedName user, ClockOffset node, long connection) {
    for (Seat seat = buckets[index(user.low())]; seat != null; seat = seat.next) {
      if (seat.high == user.high() && seat.low == user.low() && seat.is(node, connection)) {
        remove(seat);
        return;
      }
    }
  }

  /**
   * Removes, of the next buckets from {@code from} on, what need not be kept.
   *
   * @return where to go on; -1 at the end
   */
  int sweep(int from, int count, Predicate<Seat> keep) {
    int to = Math.min(buckets.length, from + count);
    for (int i = from; i < to; i++) {
      for (Seat seat = buckets[i]; seat != null; seat = seat.next) {
        if (!keep.test(seat)) {
          unlink(i, seat);
        }
      }
    }
    return to == buckets.length ? -1 : to;
  }

  private List<Seat> of(Seat user) {
    List<Seat> seats = new ArrayList<>(1);
    for (Seat seat = buckets[index(user.low)]; seat != null; seat = seat.next) {
      if (seat.sameUser(user)) {
        seats.add(seat);
      }
    }
    return seats;
  }

  private void add(Seat seat) {
    if (size >= buckets.length) {
      resize(buckets.length * 2);
    }
    link(seat);
    size++;
  }

  private void link(Seat seat) {
    int index = index(seat.low);
    seat.next = buckets[index];
    buckets[index] = seat;
  }

  private void remove(Seat seat) {
    unlink(index(seat.low), seat);
    if (buckets.length > LEAST && size < buckets.length / 8) {
      resize(buckets.length / 2);
    }
  }

  private void unlink(int index, Seat gone) {
    Seat before = null;
    for (Seat seat = buckets[index]; seat != null; seat = seat.next) {
      if (seat == gone) {
        if (before == null) {
          buckets[index] = seat.next;
        } else {
          before.next = seat.next;
        }
        size--;
        return;
      }
      before = seat;
    }
  }

  private void resize(int length) {
    @Nullable Seat[] old = buckets;
    buckets = new Seat[length];
    for (Seat first : old) {
      Seat seat = first;
      while (seat != null) {
        Seat next = seat.next;
        link(seat);
        seat = next;
      }
    }
  }

  private int index(long low) {
    return (int) low & (buckets.length - 1);
  }
}
