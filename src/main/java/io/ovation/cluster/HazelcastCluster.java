package io.ovation.cluster;

import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.cluster.MembershipListener;
import com.hazelcast.core.EntryAdapter;
import com.hazelcast.core.EntryEvent;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.LifecycleEvent;
import com.hazelcast.replicatedmap.ReplicatedMap;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Members of the Hazelcast cluster under the event bus, and the roles they have announced.
 * Listeners are notified by Hazelcast events; because events can be lost, membership is also
 * re-read every second.
 *
 * <p>Roles are in a replicated map: small, read on every node without a remote call, and written
 * only when a role starts or ends. An update can be lost with a member or in a merge, so each node
 * republishes its own roles whenever it finds them missing.
 */
public final class HazelcastCluster implements Cluster {
  private static final Logger log = LoggerFactory.getLogger(HazelcastCluster.class);

  /** Set by the Vert.x cluster manager: the event bus's name of the member. */
  private static final String NODE_ID = "__vertx.nodeId";

  private static final long REFRESH_MS = 1_000;

  /** How long roles are republished after a change, for members that were not yet listening. */
  private static final long REPUBLISH_NANOS = TimeUnit.SECONDS.toNanos(15);

  private final Vertx vertx;
  private final HazelcastInstance hazelcast;
  private final String self;
  private final RegistrationMap registrations;

  /** Node → names of its roles. */
  private final ReplicatedMap<String, String> roles;

  private final Set<Role> mine = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean publishing = new AtomicBoolean();
  private final List<Runnable> changes = new CopyOnWriteArrayList<>();
  private final List<Runnable> merges = new CopyOnWriteArrayList<>();
  private volatile List<Member> members;
  private volatile long changedAt = System.nanoTime();

  public HazelcastCluster(Vertx vertx, HazelcastInstance hazelcast) {
    this.vertx = vertx;
    this.hazelcast = hazelcast;
    this.self =
        Objects.requireNonNull(hazelcast.getCluster().getLocalMember().getAttribute(NODE_ID));
    this.registrations = new HazelcastRegistrationMap(vertx, hazelcast);
    this.roles = hazelcast.getReplicatedMap("ovation.roles");
    this.members = read();
    listen();
    vertx.setPeriodic(REFRESH_MS, t -> refresh());
  }

  private void listen() {
    roles.addEntryListener(
        new EntryAdapter<String, String>() {
          @Override
          public void onEntryEvent(EntryEvent<String, String> event) {
            changed();
          }
        });
    hazelcast
        .getCluster()
        .addMembershipListener(
            new MembershipListener() {
              @Override
              public void memberAdded(MembershipEvent event) {
                changed();
              }

              @Override
              public void memberRemoved(MembershipEvent event) {
                changed();
              }
            });
    hazelcast
        .getLifecycleService()
        .addLifecycleListener(
            event -> {
              if (event.getState() == LifecycleEvent.LifecycleState.MERGED) {
                // Other members have dropped our roles, but our local replica still shows them
                // until anti-entropy runs, which can take many seconds.
                republish(Set.of());
                changed();
                merges.forEach(Runnable::run);
              }
            });
  }

  /** Re-reads the members and notifies the listeners if they have changed. */
  private synchronized void changed() {
    List<Member> now = read();
    if (!now.equals(members)) {
      Set<String> before = ids(members);
      Set<String> after = ids(now);
      before.stream()
          .filter(id -> !after.contains(id))
          .forEach(id -> log.info("node {} left; members are {}", id, after));
      after.stream()
          .filter(id -> !before.contains(id))
          .forEach(id -> log.info("node {} joined; members are {}", id, after));
      members = now;
      changedAt = System.nanoTime();
      changes.forEach(Runnable::run);
    }
  }

  private static Set<String> ids(List<Member> members) {
    return members.stream().map(Member::id).collect(Collectors.toCollection(TreeSet::new));
  }

  private void refresh() {
    changed();
    Set<String> ids = ids(members);
    Set<String> left =
        roles.keySet().stream().filter(id -> !ids.contains(id)).collect(Collectors.toSet());
    boolean wrong = !left.isEmpty() || !names().equals(roles.getOrDefault(self, ""));
    if (wrong || System.nanoTime() - changedAt < REPUBLISH_NANOS) {
      republish(left);
    }
  }

  /**
   * Publishes this node's roles again and removes those of nodes that left. One at a time: the map
   * may block for minutes while its partitions migrate, and the worker threads that would pile up
   * in it are those that the event bus needs.
   */
  private void republish(Set<String> left) {
    if (publishing.compareAndSet(false, true)) {
      publish(left)
          .onFailure(e -> log.warn("Could not republish this node's roles; retrying", e))
          .onComplete(done -> publishing.set(false));
    }
  }

  private Future<Void> publish(Set<String> left) {
    return vertx
        .executeBlocking(
            () -> {
              left.forEach(roles::remove);
              return roles.put(self, names());
            },
            false)
        .mapEmpty();
  }

  private String names() {
    return mine.stream().map(Role::text).sorted().collect(Collectors.joining(","));
  }

  private List<Member> read() {
    return hazelcast.getCluster().getMembers().stream()
        .map(member -> member.getAttribute(NODE_ID))
        // Null for members that are not ours, such as a management tool.
        .filter(Objects::nonNull)
        .map(id -> new Member(id, id.equals(self) ? Set.copyOf(mine) : roles(id)))
        .sorted(Comparator.comparing(Member::id))
        .toList();
  }

  /** Without a remote call. A newer node may have roles that this one does not know. */
  private Set<Role> roles(String node) {
    String text = roles.getOrDefault(node, "").toUpperCase(Locale.ROOT);
    List<String> names = Arrays.asList(text.split(",", -1));
    return EnumSet.allOf(Role.class).stream()
        .filter(role -> names.contains(role.name()))
        .collect(Collectors.toUnmodifiableSet());
  }

  @Override
  public String self() {
    return self;
  }

  @Override
  public List<Member> members() {
    return members;
  }

  @Override
  public void onChange(Runnable listener) {
    changes.add(listener);
  }

  @Override
  public void onMerge(Runnable listener) {
    merges.add(listener);
  }

  @Override
  public Future<Void> announceRole(Role role) {
    mine.add(role);
    return publish(Set.of());
  }

  @Override
  public Future<Void> withdrawRole(Role role) {
    mine.remove(role);
    return publish(Set.of());
  }

  @Override
  public RegistrationMap registrations() {
    return registrations;
  }
}
