package io.ovation.bus;

import com.hazelcast.cluster.MembershipAdapter;
import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.LifecycleEvent;
import io.vertx.core.Vertx;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Members of the Hazelcast cluster under the event bus. What a member does is a member attribute,
 * so it comes and goes with the member and costs no map entry.
 */
public final class HazelcastCluster implements Cluster {
  /** Set by the Vert.x cluster manager: the event bus's name of the member. */
  private static final String NODE_ID = "__vertx.nodeId";

  /** Set before the member starts: its roles, separated by commas. */
  public static final String ROLES = "ovation.roles";

  private final HazelcastInstance hazelcast;
  private final String self;
  private final Registrations registrations;
  private final List<Runnable> changes = new CopyOnWriteArrayList<>();
  private final List<Runnable> merges = new CopyOnWriteArrayList<>();
  private volatile List<Member> members;

  public HazelcastCluster(Vertx vertx, HazelcastInstance hazelcast) {
    this.hazelcast = hazelcast;
    this.self =
        Objects.requireNonNull(hazelcast.getCluster().getLocalMember().getAttribute(NODE_ID));
    this.registrations = new HazelcastRegistrations(vertx, hazelcast);
    this.members = read();
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
                changed();
                merges.forEach(Runnable::run);
              }
            });
    changed();
  }

  private synchronized void changed() {
    members = read();
    changes.forEach(Runnable::run);
  }

  private List<Member> read() {
    return hazelcast.getCluster().getMembers().stream()
        .map(HazelcastCluster::member)
        .filter(Objects::nonNull)
        .sorted(Comparator.comparing(Member::id))
        .toList();
  }

  /** Null for members that are not ours, such as a management client. */
  private static @Nullable Member member(com.hazelcast.cluster.Member member) {
    String id = member.getAttribute(NODE_ID);
    String roles = member.getAttribute(ROLES);
    return id == null || roles == null ? null : new Member(id, roles(roles));
  }

  private static Set<Role> roles(String text) {
    Set<Role> known = EnumSet.noneOf(Role.class);
    List<String> names = Arrays.asList(text.toUpperCase(Locale.ROOT).split(",", -1));
    // A newer node may have roles that this one has not heard of.
    for (Role role : Role.values()) {
      if (names.contains(role.name())) {
        known.add(role);
      }
    }
    return known;
  }

  /** The attribute's value for a node with these roles. */
  public static String attribute(Set<Role> roles) {
    return roles.stream().map(Role::text).sorted().collect(Collectors.joining(","));
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
  public Registrations registrations() {
    return registrations;
  }
}
