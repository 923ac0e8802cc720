package io.ovation.bus;

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

  /** Where viewers are: stream → nodes. */
  Registrations registrations();

  /** A node and what it does. */
  record Member(String id, Set<Role> roles) {
    public boolean is(Role role) {
      return roles.contains(role);
    }
  }
}
