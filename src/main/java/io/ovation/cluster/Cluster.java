package io.ovation.cluster;

import io.vertx.core.Future;
import java.util.List;
import java.util.Set;

/** Who is there. Every node derives the same ownership from the same list of members. */
public interface Cluster {

  /** This node's incarnation: new with each start of the process. */
  String self();

  /** Live members, this one included, in a fixed order. Any thread; never blocks. */
  List<Member> members();

  /**
   * Calls {@code listener}, on any thread, after members changed. Several changes may make one
   * call. Listeners must return at once.
   */
  void onChange(Runnable listener);

  /**
   * Calls {@code listener}, on any thread, after this node came back into a cluster that had gone
   * on without it: what the others knew of it is gone.
   */
  void onMerge(Runnable listener);

  /**
   * Tells the others that this node has taken up a role, so that it is given its share of the work.
   * Membership alone does not mean that: a node joins long before its queue and store are reached.
   */
  Future<Void> takeUp(Role role);

  /** Tells the others that this node gives up a role, so that they take over before it leaves. */
  Future<Void> layDown(Role role);

  /** Where viewers are: stream → nodes. */
  Registrations registrations();

  /** A node and the roles it has taken up. */
  record Member(String id, Set<Role> roles) {
    public boolean is(Role role) {
      return roles.contains(role);
    }
  }
}
