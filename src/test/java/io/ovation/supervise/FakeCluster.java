package io.ovation.supervise;

import io.ovation.cluster.Cluster;
import io.ovation.cluster.RegistrationMap;
import io.ovation.cluster.Role;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** A cluster whose members the test sets, and a map of registrations that may fail. */
public final class FakeCluster implements Cluster, RegistrationMap {
  public final Set<String> registered = new TreeSet<>();
  public boolean mapFails;
  private final List<Runnable> listeners = new ArrayList<>();
  private List<Member> members = List.of();

  /** The members, each with every role. */
  public FakeCluster setMembers(String... nodes) {
    members = List.of(nodes).stream().map(n -> new Member(n, EnumSet.allOf(Role.class))).toList();
    listeners.forEach(Runnable::run);
    return this;
  }

  @Override
  public String self() {
    return "here";
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

  @Override
  public Future<Map<String, Set<String>>> read(int partition, Set<String> live) {
    throw new UnsupportedOperationException();
  }
}
