package io.ovation.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.config.Config;
import com.hazelcast.config.InMemoryXmlConfig;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import io.ovation.testkit.Await;
import io.ovation.testkit.ClusterXml;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The distributed map on two real members. */
class HazelcastRegistrationMapIT {
  private static final Set<String> LIVE = Set.of("a", "b");

  private static final Vertx VERTX = Vertx.vertx();
  private static final List<HazelcastInstance> MEMBERS = new ArrayList<>();

  @BeforeAll
  static void start() {
    for (ClusterXml file : ClusterXml.of(2)) {
      Config config = new InMemoryXmlConfig(file.text());
      MEMBERS.add(Hazelcast.newHazelcastInstance(config));
    }
    Await.until(
        "two members",
        Duration.ofSeconds(30),
        () -> MEMBERS.get(0).getCluster().getMembers().size() == 2);
  }

  @AfterAll
  static void stop() {
    MEMBERS.forEach(member -> member.getLifecycleService().terminate());
    await(VERTX.close());
  }

  private static RegistrationMap on(int member) {
    return new HazelcastRegistrationMap(VERTX, MEMBERS.get(member));
  }

  @Test
  void whatOneNodeRegistersAnotherReads() {
    await(on(0).add(1, List.of("s1", "s2"), "a"));
    await(on(1).add(1, List.of("s1"), "b"));
    assertThat(await(on(1).read(1, LIVE)))
        .isEqualTo(Map.of("s1", Set.of("a", "b"), "s2", Set.of("a")));
    assertThat(await(on(0).read(2, LIVE))).isEmpty();
  }

  @Test
  void whatIsUnregisteredIsGone() {
    await(on(0).add(3, List.of("s1", "s2"), "a"));
    await(on(1).add(3, List.of("s1"), "b"));
    await(on(0).remove(3, List.of("s1", "s2"), "a"));
    assertThat(await(on(1).read(3, LIVE))).isEqualTo(Map.of("s1", Set.of("b")));
  }

  @Test
  void whatADeadNodeLeftIsRemovedForGood() {
    await(on(0).add(4, List.of("s1", "s2"), "dead"));
    await(on(0).add(4, List.of("s1"), "a"));
    assertThat(await(on(1).read(4, LIVE))).isEqualTo(Map.of("s1", Set.of("a")));
    Set<String> all = Set.of("a", "b", "dead");
    Await.until(
        "the dead node's entries to go",
        Duration.ofSeconds(10),
        () -> await(on(0).read(4, all)).equals(Map.of("s1", Set.of("a"))));
  }

  @Test
  void registeringTwiceIsRegisteringOnce() {
    await(on(0).add(5, List.of("s1"), "a"));
    await(on(0).add(5, List.of("s1"), "a"));
    await(on(0).remove(5, List.of("s1"), "a"));
    assertThat(await(on(1).read(5, LIVE))).isEmpty();
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
