package io.ovation.packages;

import io.ovation.cluster.Cluster;
import io.ovation.cluster.RegistrationMap;
import io.ovation.cluster.Role;
import io.vertx.core.Future;
import java.util.List;
import java.util.Set;

/** A cluster of the workers {@code a} and {@code b}, as one of them sees it. */
record TwoWorkerCluster(String self) implements Cluster {
  private static final Set<Role> WORKER = Set.of(Role.PACKAGES);

  @Override
  public List<Member> members() {
    return List.of(new Member("a", WORKER), new Member("b", WORKER));
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
    throw new UnsupportedOperationException("workers have no viewers");
  }
}
