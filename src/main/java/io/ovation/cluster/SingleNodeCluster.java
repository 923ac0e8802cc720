package io.ovation.cluster;

import io.vertx.core.Future;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A cluster of one member, whose roles never change; registrations are in memory. */
public final class SingleNodeCluster implements Cluster, RegistrationMap {
  private final Member self;
  private final Map<Integer, Map<String, Set<String>>> streams = new HashMap<>();

  public SingleNodeCluster(String self, Set<Role> roles) {
    this.self = new Member(self, roles);
  }

  @Override
  public String self() {
    return self.id();
  }

  @Override
  public List<Member> members() {
    return List.of(self);
  }

  @Override
  public void onChange(Runnable listener) {}

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
  public synchronized Future<Void> add(int partition, Collection<String> names, String node) {
    Map<String, Set<String>> of = streams.computeIfAbsent(partition, p -> new HashMap<>());
    names.forEach(name -> of.computeIfAbsent(name, n -> new HashSet<>()).add(node));
    return Future.succeededFuture();
  }

  @Override
  public synchronized Future<Void> remove(int partition, Collection<String> names, String node) {
    Map<String, Set<String>> of = streams.computeIfAbsent(partition, p -> new HashMap<>());
    names.forEach(of::remove);
    return Future.succeededFuture();
  }

  @Override
  public synchronized Future<Map<String, Set<String>>> read(int partition, Set<String> live) {
    return Future.succeededFuture(Map.copyOf(streams.getOrDefault(partition, Map.of())));
  }
}
