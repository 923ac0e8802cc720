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
   * Calls {@code listener}, on any thread, after members changed and after a split cluster merged.
   * Several changes may make one call.
   */
  void onChange(Runnable listener);

  /** Where viewers are: stream → nodes. */
  Registrations registrations();

  /** A node and what it does. */
  record Member(String id, Set<Role> roles) {
    public boolean is(Role role) {
      return roles.contains(role);
    }
  }
}
