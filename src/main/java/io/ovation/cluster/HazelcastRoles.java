package io.ovation.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.replicatedmap.ReplicatedMap;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What each member does, in a replicated map: read on every node without a call, small, and written
 * only when a role starts or ends. An update can be lost with a member or in a merge, so that each
 * node says its own again whenever it finds it missing.
 */
final class HazelcastRoles {
  private static final Logger log = LoggerFactory.getLogger(HazelcastRoles.class);

  private final Vertx vertx;
  private final ReplicatedMap<String, String> map;
  private final String self;
  private final AtomicBoolean repairing = new AtomicBoolean();
  private final AtomicBoolean saying = new AtomicBoolean();
  private final Set<Role> mine = EnumSet.noneOf(Role.class);

  HazelcastRoles(Vertx vertx, HazelcastInstance hazelcast, String self) {
    this.vertx = vertx;
    this.map = hazelcast.getReplicatedMap("ovation.roles");
    this.self = self;
  }

  void onChange(Runnable listener) {
    map.addEntryListener(new RoleListener(listener));
  }

  /** Without a call to other members. */
  Set<Role> of(String node) {
    if (node.equals(self)) {
      synchronized (mine) {
        return EnumSet.copyOf(mine);
      }
    }
    String text = map.get(node);
    Set<Role> roles = EnumSet.noneOf(Role.class);
    if (text != null) {
      // A newer node may have roles that this one has not heard of.
      List<String> names = Arrays.asList(text.toUpperCase(Locale.ROOT).split(",", -1));
      for (Role role : Role.values()) {
        if (names.contains(role.name())) {
          roles.add(role);
        }
      }
    }
    return roles;
  }

  Future<Void> add(Role role) {
    synchronized (mine) {
      mine.add(role);
    }
    return say();
  }

  Future<Void> remove(Role role) {
    synchronized (mine) {
      mine.remove(role);
    }
    return say();
  }

  /**
   * Says this node's roles again after it was away: the others have forgotten them, which its own
   * copy of the map does not show before the copies are compared, many seconds later. One at a
   * time, for the same reason as {@link #repair}.
   */
  void sayAgain() {
    if (saying.compareAndSet(false, true)) {
      say()
          .onFailure(e -> log.warn("this node's roles could not be said again yet", e))
          .onComplete(done -> saying.set(false));
    }
  }

  /**
   * Says this node's roles again if the map has others, and forgets nodes that left. One at a time:
   * the map may take minutes to answer while its partitions move, and the worker threads that would
   * pile up in it are those the event bus needs.
   */
  void repair(Set<String> members) {
    boolean wrong =
        !text().equals(map.getOrDefault(self, ""))
            || map.keySet().stream().anyMatch(node -> !members.contains(node));
    if (wrong && repairing.compareAndSet(false, true)) {
      vertx
          .executeBlocking(
              () -> {
                map.keySet().stream().filter(node -> !members.contains(node)).forEach(map::remove);
                return map.put(self, text());
              },
              false)
          .onComplete(done -> repairing.set(false));
    }
  }

  private Future<Void> say() {
    return vertx.executeBlocking(
        () -> {
          map.put(self, text());
          return null;
        },
        false);
  }

  private String text() {
    synchronized (mine) {
      return mine.stream().map(Role::text).collect(Collectors.joining(","));
    }
  }
}
