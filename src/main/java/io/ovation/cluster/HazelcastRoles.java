package io.ovation.cluster;

import com.hazelcast.core.EntryAdapter;
import com.hazelcast.core.EntryEvent;
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
 * Each member's roles, in a replicated map: small, read on every node without a remote call, and
 * written only when a role starts or ends. An update can be lost with a member or in a merge, so
 * each node republishes its own roles whenever it finds them missing.
 */
final class HazelcastRoles {
  private static final Logger log = LoggerFactory.getLogger(HazelcastRoles.class);

  private final Vertx vertx;
  private final ReplicatedMap<String, String> map;
  private final String self;
  private final AtomicBoolean repairing = new AtomicBoolean();
  private final AtomicBoolean republishing = new AtomicBoolean();
  private final Set<Role> mine = EnumSet.noneOf(Role.class);

  HazelcastRoles(Vertx vertx, HazelcastInstance hazelcast, String self) {
    this.vertx = vertx;
    this.map = hazelcast.getReplicatedMap("ovation.roles");
    this.self = self;
  }

  void onChange(Runnable listener) {
    map.addEntryListener(
        new EntryAdapter<String, String>() {
          @Override
          public void onEntryEvent(EntryEvent<String, String> event) {
            listener.run();
          }
        });
  }

  /** Without a remote call. */
  Set<Role> of(String node) {
    if (node.equals(self)) {
      synchronized (mine) {
        return EnumSet.copyOf(mine);
      }
    }
    Set<Role> roles = EnumSet.noneOf(Role.class);
    String text = map.get(node);
    if (text != null) {
      // A newer node may have roles that this one does not know.
      List<String> names = Arrays.asList(text.toUpperCase(Locale.ROOT).split(",", -1));
      EnumSet.allOf(Role.class).stream()
          .filter(role -> names.contains(role.name()))
          .forEach(roles::add);
    }
    return roles;
  }

  Future<Void> add(Role role) {
    synchronized (mine) {
      mine.add(role);
    }
    return publish();
  }

  Future<Void> remove(Role role) {
    synchronized (mine) {
      mine.remove(role);
    }
    return publish();
  }

  /**
   * Republishes this node's roles after it rejoins. Other members have dropped them, but our local
   * replica still shows them until anti-entropy runs, which can take many seconds. One at a time,
   * for the same reason as {@link #repair}.
   */
  void republish() {
    if (republishing.compareAndSet(false, true)) {
      publish()
          .onFailure(e -> log.warn("Could not republish this node's roles; retrying", e))
          .onComplete(done -> republishing.set(false));
    }
  }

  /**
   * Republishes this node's roles if the map has others, and removes nodes that left. One at a
   * time: the map may block for minutes while its partitions migrate, and the worker threads that
   * would pile up in it are those that the event bus needs.
   */
  void repair(Set<String> members) {
    boolean wrong =
        !text().equals(map.getOrDefault(self, "")) || !members.containsAll(map.keySet());
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

  private Future<Void> publish() {
    return vertx.executeBlocking(() -> map.put(self, text()), false).mapEmpty();
  }

  private String text() {
    synchronized (mine) {
      return mine.stream().map(Role::text).collect(Collectors.joining(","));
    }
  }
}
