package io.ovation.cluster;

import io.vertx.core.Future;
import java.util.List;
import java.util.Set;

/**
 * The live members of the cluster. Every node derives the same ownership from the same list of
 * members.
 */
public interface Cluster {

  /** This node's id; a new one with each start of the process. */
  String self();

  /** Live members, this one included, in a fixed order. Any thread; never blocks. */
  List<Member> members();

  /** The ids of the members that have a role. */
  default List<String> nodes(Role role) {
    return members().stream().filter(member -> member.is(role)).map(Member::id).toList();
  }

  /**
   * Calls {@code listener}, on any thread, after members changed. Several changes may make one
   * call. Listeners must return at once.
   */
  void onChange(Runnable listener);

  /**
   * Calls {@code listener}, on any thread, after this node rejoined a cluster that had removed it:
   * the other members have dropped what they knew of it.
   */
  void onMerge(Runnable listener);

  /**
   * Announces that this node has a role, so that it gets its share of the work. Membership alone
   * does not mean that: a node joins long before it has connected to its queue and store.
   */
  Future<Void> announceRole(Role role);

  /** Withdraws a role of this node, so that others take over before it leaves. */
  Future<Void> withdrawRole(Role role);

  /** The nodes that have viewers of each stream. */
  RegistrationMap registrations();

  /** A node and the roles it has announced. */
  record Member(String id, Set<Role> roles) {
    public boolean is(Role role) {
      return roles.contains(role);
    }
  }
}
