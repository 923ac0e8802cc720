package io.ovation.store.redis;

import static io.ovation.store.StoreAssertions.await;
import static io.ovation.store.StoreAssertions.eventually;
import static io.ovation.store.StoreAssertions.failure;
import static io.ovation.store.StoreAssertions.item;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.metrics.Metrics;
import io.ovation.store.Store;
import io.ovation.store.StoreRefused;
import io.ovation.store.StoreUnavailable;
import io.ovation.testkit.Ports;
import io.ovation.testkit.RedisServer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A Redis that answers and takes no writes is an outage, of which the cause is named. */
class RedisRefusalIT {
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private final Vertx vertx = Vertx.vertx();
  private final RedisServer redis = new RedisServer();
  private final Metrics metrics = new Metrics();
  private final AtomicReference<Throwable> gaveUp = new AtomicReference<>();

  @AfterEach
  void close() {
    await(vertx.close());
    redis.close();
  }

  private Future<Store> connect(String uri) {
    return RedisStore.connect(
        vertx,
        new Config.Redis(uri, Duration.ofSeconds(3), 4, 1_000, MINUTE),
        new Config.History(1_000, 1 << 22, MINUTE),
        metrics,
        gaveUp::set);
  }

  private void command(String... words) {
    RedisProbe.command(vertx, redis, words[0], Arrays.copyOfRange(words, 1, words.length));
  }

  /** During the outage calls fail with its cause; after it everything goes on. */
  private void outage(Store store, Runnable cause, String named, Runnable end) {
    long epoch = await(store.takePartition(3));
    await(store.append(3, epoch, List.of(item("s", "u", "1", 1))));
    cause.run();
    assertThat(failure(store.append(3, epoch, List.of(item("s", "u", "2", 2)))))
        .isInstanceOf(StoreUnavailable.class)
        .hasMessageContaining(named);
    assertThat(failure(store.ping())).hasMessageContaining(named).hasMessageContaining("nothing");
    assertThat(metrics.scrape()).contains("ovation_store_away 1.0");
    assertThat(outages()).isEqualTo(1);
    end.run();
    eventually(() -> metrics.scrape().contains("ovation_store_away 0.0"));
    assertThat(await(store.append(3, epoch, List.of(item("s", "u", "3", 3)))))
        .allMatch(appended -> !appended.known());
    assertThat(outages()).isEqualTo(1);
    assertThat(gaveUp).hasNullValue();
  }

  private double outages() {
    return metrics.registry().get("ovation.store.outages").counter().count();
  }

  @Test
  void aPrimaryThatWasMadeAReplica() {
    outage(
        await(connect(redis.uri())),
        () -> command("REPLICAOF", "127.0.0.1", "1"),
        "READONLY",
        () -> command("REPLICAOF", "NO", "ONE"));
  }

  @Test
  void memoryThatIsFull() {
    outage(
        await(connect(redis.uri())),
        () -> command("CONFIG", "SET", "maxmemory", "1"),
        "raise maxmemory",
        () -> command("CONFIG", "SET", "maxmemory", "0"));
  }

  @Test
  void tooFewReplicas() {
    outage(
        await(connect(redis.uri())),
        () -> command("CONFIG", "SET", "min-replicas-to-write", "1"),
        "NOREPLICAS",
        () -> command("CONFIG", "SET", "min-replicas-to-write", "0"));
  }

  @Test
  void rightsThatAreTakenAwayAndGivenBack() {
    command("ACL", "SETUSER", "ovation", "on", ">p@s/w:%", "~ov:*", "+@all");
    String uri = redis.uri().replace("//", "//ovation:p%40s%2Fw%3A%25@");
    outage(
        await(connect(uri)),
        () -> command("ACL", "SETUSER", "ovation", "-set", "-xadd"),
        "redis.uri needs",
        () -> command("ACL", "SETUSER", "ovation", "+@all"));
  }

  @Test
  void anAnswerWithAnErrorAndACallThatThrowsAreNoOutageAndReturnTheirConnections() {
    Config.Redis config = new Config.Redis(redis.uri(), Duration.ofSeconds(3), 4, 1_000, MINUTE);
    RedisExecutor executor = new RedisExecutor(vertx, config, metrics, gaveUp::set);
    await(executor.start());
    command("SET", "ov:text", "x");
    for (int i = 0; i < 12; i++) {
      assertThat(failure(executor.call(Command.LPUSH, "ov:text", "y")))
          .isInstanceOf(StoreRefused.class)
          .hasMessageContaining("WRONGTYPE");
      assertThat(
              failure(
                  executor.call(
                      connection -> {
                        throw new IllegalStateException("cannot be encoded");
                      })))
          .isInstanceOf(StoreRefused.class)
          .hasMessageContaining("cannot be encoded");
    }
    await(executor.ping());
    assertThat(outages()).isZero();
    await(executor.close());
  }

  /** The probe is allowed, an append is not: probing does not turn into a busy loop. */
  @Test
  void rightsOfWhichTheProbeNeedsNone() {
    command("ACL", "SETUSER", "ovation", "on", ">p", "~ov:*", "+@all", "-xadd");
    Store store = await(connect(redis.uri().replace("//", "//ovation:p@")));
    long epoch = await(store.takePartition(3));
    long end = System.nanoTime() + Duration.ofSeconds(2).toNanos();
    int tries = 0;
    while (System.nanoTime() < end) {
      failure(store.append(3, epoch, List.of(item("s", "u", "i" + tries++, 1))));
    }
    assertThat(tries).isLessThan(25);
    assertThat(outages()).isEqualTo(1);
  }

  @Test
  void aWrongPasswordEndsTheStartAtOnce() {
    command("CONFIG", "SET", "requirepass", "right");
    assertEndsAtOnce(redis.uri().replace("//", "//:wrong@"), "WRONGPASS");
    assertEndsAtOnce(redis.uri(), "NOAUTH");
  }

  @Test
  void aUserWithoutRightsEndsTheStartAtOnce() {
    command("ACL", "SETUSER", "poor", "on", ">p", "~other:*", "+@all");
    assertEndsAtOnce(redis.uri().replace("//", "//poor:p@"), "NOPERM");
  }

  @Test
  void aRedisClusterEndsTheStartAtOnce() {
    // Its second port would be beyond 32768, where outgoing connections have theirs.
    String bus = Integer.toString(Ports.free());
    try (RedisServer cluster = new RedisServer("--cluster-enabled", "yes", "--cluster-port", bus)) {
      assertEndsAtOnce(cluster.uri(), "Redis Cluster");
      RedisProbe.command(vertx, cluster, "CLUSTER", "ADDSLOTSRANGE", "0", "16383");
      eventually(
          () ->
              RedisProbe.command(vertx, cluster, "CLUSTER", "INFO")
                  .toString()
                  .contains("cluster_state:ok"));
      assertEndsAtOnce(cluster.uri(), "Redis Cluster");
    }
  }

  /** Which loses data, or shows people wrong times, and stops no node. */
  @Test
  void whatIsSetBadlyIsFoundByTheCheck() {
    assertThat(checked(Duration.ZERO)).noneMatch(it -> it.matches(".*(appendonly|policy).*"));
    command("CONFIG", "SET", "appendonly", "no");
    command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
    assertThat(checked(Duration.ofHours(1)))
        .anyMatch(it -> it.contains("Redis has appendonly no: ") && it.contains("Set appendonly"))
        .anyMatch(it -> it.contains("Redis has maxmemory-policy allkeys-lru: "))
        .anyMatch(it -> it.matches("this machine's clock is \\d+ ms ahead of Redis': .*"));
    assertThat(checked(Duration.ofHours(-1))).anyMatch(it -> it.contains("ms behind of Redis'"));
  }

  /** Its findings, for a node whose clock is ahead. */
  private List<String> checked(Duration ahead) {
    Config.Redis config = new Config.Redis(redis.uri(), Duration.ofSeconds(3), 1, 1_000, MINUTE);
    InstantSource wall = InstantSource.offset(InstantSource.system(), ahead);
    return await(RedisCheck.run(vertx, config, wall)).problems();
  }

  private void assertEndsAtOnce(String uri, String why) {
    long start = System.nanoTime();
    assertThat(failure(connect(uri)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(why)
        .hasMessageNotContaining("wrong@")
        .hasMessageNotContaining("..");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
  }
}
