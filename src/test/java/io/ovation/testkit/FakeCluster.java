package io.ovation.testkit;

import io.ovation.cluster.Cluster;
import io.ovation.cluster.RegistrationMap;
import io.ovation.cluster.Role;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** A cluster whose members the test sets, and a map of registrations that may fail. */
public final class FakeCluster implements Cluster, RegistrationMap {
  public final Set<String> registered = new TreeSet<>();
  public boolean mapFails;

  /** Only the first listener is told of a change. */
  public volatile boolean losesEvents;

  private final String self;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private volatile List<Member> members = List.of();

  public FakeCluster(String self) {
    this.self = self;
  }

  /** The members, each with every role. */
  public FakeCluster setMembers(String... nodes) {
    return changed(Stream.of(nodes).map(n -> new Member(n, EnumSet.allOf(Role.class))));
  }

  public FakeCluster join(String node, Role role) {
    return changed(Stream.concat(members.stream(), Stream.of(new Member(node, Set.of(role)))));
  }

  public FakeCluster leave(String node) {
    return changed(members.stream().filter(member -> !member.id().equals(node)));
  }

  private FakeCluster changed(Stream<Member> to) {
    members = to.toList();
    listeners.stream().limit(losesEvents ? 1 : listeners.size()).forEach(Runnable::run);
    return this;
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
    listeners.add(listener);
  }

  @Override
  public void onMerge(Runnable listener) {}

  @Override
  public Future<Void> announceRole(Role role) {
    return Future.succeededFuture();
  }

  @Override
  public Future<Void> withdrawRole(Role role) {
    return Future.succeededFuture();
  }

  @Override
  public RegistrationMap registrations() {
    return this;
  }

  @Override
  public Future<Void> add(int partition, Collection<String> streams, String node) {
    if (mapFails) {
      throw new IllegalStateException("the map is merging");
    }
    registered.addAll(streams);
    return Future.succeededFuture();
  }

  @Override
  public Future<Void> remove(int partition, Collection<String> streams, String node) {
    registered.removeAll(streams);
    return Future.succeededFuture();
  }

  /** It has forgotten all. */
  @Override
  public Future<Map<String, Set<String>>> read(int partition, Set<String> live) {
    return Future.succeededFuture(Map.of());
  }
}
