package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.ClusterXml;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.Servers;
import io.ovation.testkit.ShowLogs;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Ten thousand packages on three real workers, of which one is killed and one frozen midway. */
@ExtendWith(ShowLogs.class)
class PackagesIT {
  private static final String WORKER = "io.ovation.packages.PackageVerticle";
  private static final String BOTH = "io.ovation.ingress.IngressVerticle," + WORKER;
  private static final List<String> LANES = List.of("high", "normal", "low");
  private static final int COUNT = 10_000;
  private static final int WINDOW = 128;

  /** On one worker. */
  private static final int AT_WORK = 24;

  private static final Duration LIMIT = Duration.ofSeconds(120);

  private final Map<String, Long> accepted = new ConcurrentHashMap<>();

  @Test
  void allEndDoneOrDeadAndHighGoesFirstWhileWorkersDieAndFreeze() {
    String run = UUID.randomUUID().toString().substring(0, 8);
    List<String> ids =
        IntStream.range(0, COUNT).mapToObj(i -> LANES.get(i % 3) + "-" + run + "-" + i).toList();
    List<NodeProcess> nodes = new ArrayList<>();
    try (WebhookReceiver receiver = new WebhookReceiver()) {
      List<ClusterXml> files = ClusterXml.of(3);
      for (int i = 0; i < 3; i++) {
        nodes.add(NodeProcess.start(spec(i, files.get(i), run, receiver)));
        nodes.get(0).awaitReady();
      }
      nodes.forEach(NodeProcess::awaitReady);
      awaitShares(nodes);
      long begun = System.nanoTime();
      submit(nodes.get(0).api(), ids, run);
      long submitted = System.nanoTime();
      receiver.open();
      awaitEffects(receiver, 3_000);
      nodes.get(1).kill();
      nodes.get(2).pause();
      awaitEffects(receiver, 8_000);
      nodes.get(2).resume();
      Map<String, Integer> ended = ended(nodes.get(0).api(), ids);
      System.out.printf(
          "%d packages: submitted in %d ms, all ended %d ms later as %s; repeats %d; median waits"
              + " in ms: %s%n",
          COUNT,
          (submitted - begun) / 1_000_000,
          (System.nanoTime() - submitted) / 1_000_000,
          ended,
          receiver.repeats.get(),
          LANES.stream().map(lane -> median(receiver, lane)).toList());
      check(receiver, ended);
      // Node 2, which was frozen, knows what was submitted to node 0 and done by any of them.
      for (String id : ids.subList(0, 200)) {
        assertThat(nodes.get(2).api().get("/packages/" + id).json())
            .isEqualTo(nodes.get(0).api().get("/packages/" + id).json());
      }
      assertThat(
              nodes.get(2).api().post("/packages", submission(ids.get(0), run).encode()).status())
          .isEqualTo(200);
    } finally {
      nodes.forEach(NodeProcess::close);
    }
  }

  private static NodeSpec spec(int i, ClusterXml file, String run, WebhookReceiver receiver) {
    return NodeSpec.named("w" + i)
        .in(file)
        .role(i == 1 ? WORKER : BOTH)
        .env("OVATION_RABBITMQ_URI", Servers.rabbit().uri())
        .env("OVATION_REDIS_URI", Servers.redis().uri())
        .env("OVATION_PACKAGES_WEBHOOKS", run + "=" + receiver.url())
        .env("OVATION_PACKAGES_WEBHOOK_SECRET", "a-secret-of-this-test")
        .env("OVATION_PACKAGES_TYPE_CONCURRENCY", "" + AT_WORK)
        // Above what one type may hold: it is the only one here.
        .env("OVATION_PACKAGES_PREFETCH", "" + 2 * AT_WORK)
        // Longer than the receiver is closed.
        .env("OVATION_PACKAGES_TIMEOUT", "5m")
        .env("OVATION_PACKAGES_LEASE", "5s")
        .env("OVATION_PACKAGES_BACKOFF_MAX", "2s");
  }

  private static void awaitShares(List<NodeProcess> nodes) {
    Await.until(
        "each worker to have its share",
        LIMIT,
        () ->
            nodes.stream()
                    .mapToDouble(n -> n.metrics().sum("ovation_packages_partitions_owned"))
                    .filter(share -> share >= 5)
                    .sum()
                == 16);
  }

  private void submit(Api door, List<String> ids, String run) {
    Semaphore window = new Semaphore(WINDOW);
    Queue<String> refused = new ConcurrentLinkedQueue<>();
    long until = System.nanoTime() + LIMIT.toNanos();
    for (String id : ids) {
      window.acquireUninterruptibly();
      attempt(door, id, run, until, refused, window);
    }
    window.acquireUninterruptibly(WINDOW);
    assertThat(refused).isEmpty();
  }

  /** A 503, as of a Redis that is slow for a moment, says that it may be sent again. */
  private void attempt(
      Api door, String id, String run, long until, Queue<String> refused, Semaphore window) {
    var unused =
        door.postAsync("/packages", submission(id, run))
            .whenComplete(
                (answer, failure) -> {
                  if (failure == null && answer.status() == 503 && System.nanoTime() < until) {
                    CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS)
                        .execute(() -> attempt(door, id, run, until, refused, window));
                    return;
                  }
                  // 200: the one before took effect.
                  if (failure == null && (answer.status() == 202 || answer.status() == 200)) {
                    accepted.put(id, System.currentTimeMillis());
                  } else {
                    refused.add(id + ": " + (failure == null ? answer : failure));
                  }
                  window.release();
                });
  }

  private static JsonObject submission(String id, String type) {
    return new JsonObject()
        .put("id", id)
        .put("type", type)
        .put("payload", new JsonObject().put("n", 1))
        .put("priority", lane(id));
  }

  private static String lane(String id) {
    return id.substring(0, id.indexOf('-'));
  }

  private static void awaitEffects(WebhookReceiver receiver, int count) {
    Await.until(
        () -> count + " effects, now " + receiver.effects.size(),
        LIMIT,
        () -> receiver.effects.size() >= count);
  }

  /** Waits until each is done or dead; answers how many are which. */
  private static Map<String, Integer> ended(Api door, List<String> ids) {
    Map<String, Integer> ended = new HashMap<>();
    List<String> open = new ArrayList<>(ids);
    Await.until(
        () -> open.size() + " to end, such as " + door.get("/packages/" + open.get(0)),
        LIMIT,
        () -> {
          int last = open.size();
          List<String> some = open.subList(Math.max(0, last - WINDOW), last);
          List<CompletableFuture<Api.Answer>> answers =
              some.stream().map(id -> door.getAsync("/packages/" + id)).toList();
          some.clear();
          for (CompletableFuture<Api.Answer> answer : answers) {
            JsonObject state = answer.join().json();
            String status = state.getString("status");
            if (status.equals("done") || status.equals("dead")) {
              ended.merge(status, 1, Integer::sum);
            } else {
              open.add(0, state.getString("id"));
            }
          }
          return open.isEmpty();
        });
    return ended;
  }

  private void check(WebhookReceiver receiver, Map<String, Integer> ended) {
    assertThat(ended.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(COUNT);
    // A dead one may have taken effect too: its worker died before it could say so.
    assertThat(receiver.effects.size()).isBetween(ended.get("done"), COUNT);
    assertThat(ended.get("done")).isGreaterThan(COUNT * 99 / 100);
    // Low is starved by nothing: as good as all of it is done too.
    long low = receiver.effects.keySet().stream().filter(id -> lane(id).equals("low")).count();
    assertThat(low).isGreaterThan(COUNT / 3 * 99 / 100);
    // Posted twice at most what two lost workers had under way, and waited for their answers.
    assertThat(receiver.repeats.get()).isLessThanOrEqualTo(2 * AT_WORK);
    assertThat(median(receiver, "high")).isLessThan(median(receiver, "normal"));
    assertThat(median(receiver, "normal")).isLessThan(median(receiver, "low"));
    assertThat(accepted.keySet()).allMatch(receiver.arrived::containsKey);
  }

  /** From when it could have been handled. */
  private long median(WebhookReceiver receiver, String lane) {
    long[] waits =
        accepted.entrySet().stream()
            .filter(e -> lane(e.getKey()).equals(lane))
            .mapToLong(
                e ->
                    receiver.arrived.getOrDefault(e.getKey(), 0L)
                        - Math.max(e.getValue(), receiver.openedAt))
            .sorted()
            .toArray();
    return waits[waits.length / 2];
  }
}
