package io.ovation.cluster;

import com.hazelcast.cluster.MembershipAdapter;
import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.LifecycleEvent;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Members of the Hazelcast cluster under the event bus, and the roles they have announced.
 * Listeners are notified by Hazelcast events; because events can be lost, membership is also
 * re-read every second.
 */
public final class HazelcastCluster implements Cluster {
  /** Set by the Vert.x cluster manager: the event bus's name of the member. */
  private static final String NODE_ID = "__vertx.nodeId";

  private static final long REFRESH_MS = 1_000;

  /** How long roles are republished after a change, for members that were not yet listening. */
  private static final long REPUBLISH_NANOS = TimeUnit.SECONDS.toNanos(15);

  private final HazelcastInstance hazelcast;
  private final String self;
  private final RegistrationMap registrations;
  private final HazelcastRoles roles;
  private final List<Runnable> changes = new CopyOnWriteArrayList<>();
  private final List<Runnable> merges = new CopyOnWriteArrayList<>();
  private volatile List<Member> members;
  private volatile long changedAt = System.nanoTime();

  public HazelcastCluster(Vertx vertx, HazelcastInstance hazelcast) {
    this.hazelcast = hazelcast;
    this.self =
        Objects.requireNonNull(hazelcast.getCluster().getLocalMember().getAttribute(NODE_ID));
    this.registrations = new HazelcastRegistrationMap(vertx, hazelcast);
    this.roles = new HazelcastRoles(vertx, hazelcast, self);
    this.members = read();
    roles.onChange(this::changed);
    hazelcast
        .getCluster()
        .addMembershipListener(
            new MembershipAdapter() {
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
                roles.republish();
                changed();
                merges.forEach(Runnable::run);
              }
            });
    vertx.setPeriodic(REFRESH_MS, t -> refresh());
  }

  /** Re-reads the members and notifies the listeners if they have changed. */
  private synchronized void changed() {
    List<Member> now = read();
    if (!now.equals(members)) {
      members = now;
      changedAt = System.nanoTime();
      changes.forEach(Runnable::run);
    }
  }

  private void refresh() {
    changed();
    if (System.nanoTime() - changedAt < REPUBLISH_NANOS) {
      roles.republish();
    }
    roles.repair(members.stream().map(Member::id).collect(Collectors.toSet()));
  }

  private List<Member> read() {
    return hazelcast.getCluster().getMembers().stream()
        .map(member -> member.getAttribute(NODE_ID))
        // Null for members that are not ours, such as a management tool.
        .filter(Objects::nonNull)
        .map(id -> new Member(id, roles.of(id)))
        .sorted(Comparator.comparing(Member::id))
        .toList();
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
    return roles.add(role);
  }

  @Override
  public Future<Void> withdrawRole(Role role) {
    return roles.remove(role);
  }

  @Override
  public RegistrationMap registrations() {
    return registrations;
  }
}
