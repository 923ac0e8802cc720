package io.ovation.supervise.watch;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The connections on which each user of this node's share watches a stream: about 140 bytes for a
 * user with one connection. Supervisor's context only.
 */
final class UserWatchTable {
  private final Map<NameHash, List<Connection>> users = new HashMap<>();
  private int size;

  /**
   * A connection that watches.
   *
   * @param stream 64 bits of a hash of its name
   * @param began by the clock of {@code node}
   */
  record Connection(ClockOffset node, long number, long stream, long began) {
    private boolean is(ClockOffset onNode, long itsNumber) {
      return number == itsNumber && node.id.equals(onNode.id);
    }

    private boolean beganAfter(Connection other) {
      return node.here(began) - other.node.here(other.began) > 0;
    }
  }

  /** The number of connections. */
  int size() {
    return size;
  }

  /**
   * Adds a connection. Of the user's connections those remain that watch the stream whose watch
   * began last; of two that began at the same time, the one that is reported last.
   *
   * @return the connections to close, which may be the added one
   */
  List<Connection> began(NameHash user, Connection added) {
    List<Connection> remaining = new ArrayList<>(1);
    List<Connection> losers = new ArrayList<>(0);
    for (Connection other : users.getOrDefault(user, List.of())) {
      if (!other.is(added.node, added.number)) {
        (other.stream == added.stream ? remaining : losers).add(other);
      }
    }
    if (losers.stream().anyMatch(other -> other.beganAfter(added))) {
      remaining.addAll(losers);
      losers = List.of(added);
    } else {
      remaining.add(added);
    }
    put(user, remaining);
    return losers;
  }

  void ended(NameHash user, ClockOffset node, long number) {
    List<Connection> before = users.getOrDefault(user, List.of());
    put(user, before.stream().filter(connection -> !connection.is(node, number)).toList());
  }

  /** The users, as of now; safe to iterate over while the table changes. */
  List<NameHash> users() {
    return List.copyOf(users.keySet());
  }

  /** Removes those of a user's connections that need not be kept. */
  void retain(NameHash user, Predicate<Connection> keep) {
    List<Connection> before = users.getOrDefault(user, List.of());
    put(user, before.stream().filter(keep).toList());
  }

  private void put(NameHash user, List<Connection> connections) {
    List<Connection> before =
        connections.isEmpty() ? users.remove(user) : users.put(user, List.copyOf(connections));
    size += connections.size() - (before == null ? 0 : before.size());
  }
}
