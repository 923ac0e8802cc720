package io.ovation.testkit;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Clients that post callbacks at a fixed period, each with 0 to 199 ids, sometimes none, some of
 * them twice. A client gives up after a second and never repeats a callback. Remembers what was
 * accepted.
 */
public final class CallbackClients implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final int MOST_IDS = 200;

  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(PATIENCE).build();
  private final List<Integer> ports;
  private final LongSupplier ids;
  private final Random counts = new Random(11);
  private final AtomicInteger turn = new AtomicInteger();
  private final AtomicInteger underWay = new AtomicInteger();
  private final Map<Long, Long> accepted = new ConcurrentHashMap<>();
  private final AtomicInteger acceptedIds = new AtomicInteger();
  private final Map<String, Integer> outcomes = new ConcurrentSkipListMap<>();
  private final List<Long> micros = Collections.synchronizedList(new ArrayList<>());

  private CallbackClients(List<Integer> ports, LongSupplier ids) {
    this.ports = List.copyOf(ports);
    this.ids = ids;
  }

  /**
   * Ids come again and again, and all clients post at the same moment: a burst of up to 199 ids
   * from each.
   *
   * @param ports of the nodes that take callbacks; they take turns
   * @param clients how many
   * @param period from one callback of a client to its next
   * @param objects the largest id; the smallest is 1
   */
  public static CallbackClients bursts(
      List<Integer> ports, int clients, Duration period, int objects) {
    Random random = new Random(7);
    CallbackClients all = new CallbackClients(ports, () -> 1 + random.nextInt(objects));
    all.start(clients, period, 0);
    return all;
  }

  /**
   * Each id is in one callback only, so that an accepted id that is lost stays lost. Clients take
   * turns over the period.
   *
   * @param first the smallest id; the others count up from it
   */
  public static CallbackClients distinctIds(
      List<Integer> ports, int clients, Duration period, long first) {
    CallbackClients all = new CallbackClients(ports, new AtomicLong(first)::getAndIncrement);
    all.start(clients, period, period.toMillis() / clients);
    return all;
  }

  private void start(int clients, Duration period, long apartMs) {
    for (int i = 0; i < clients; i++) {
      timer.scheduleAtFixedRate(this::post, apartMs * i, period.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void post() {
    int count = counts.nextInt(MOST_IDS);
    JsonArray body = new JsonArray();
    for (int i = 0; i < count; i++) {
      boolean twice = i > 0 && counts.nextInt(10) == 0;
      body.add(twice ? body.getLong(i - 1) : Long.valueOf(ids.getAsLong()));
    }
    int port = ports.get(turn.getAndIncrement() % ports.size());
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/callback"))
            .timeout(PATIENCE)
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(new JsonObject().put("object_ids", body).encode()))
            .build();
    underWay.incrementAndGet();
    long start = System.nanoTime();
    http.sendAsync(request, BodyHandlers.ofString())
        .whenComplete((answer, failure) -> ended(body, start, answer, failure));
  }

  private void ended(
      JsonArray ids,
      long start,
      @Nullable HttpResponse<String> answer,
      @Nullable Throwable failure) {
    String outcome = answer == null ? "none" : Integer.toString(answer.statusCode());
    outcomes.merge(outcome, 1, Integer::sum);
    if (answer != null) {
      micros.add((System.nanoTime() - start) / 1_000);
    }
    if (answer != null && answer.statusCode() == 200) {
      ids.forEach(id -> accepted.merge((Long) id, start, Math::max));
      acceptedIds.addAndGet(ids.size());
    }
    underWay.decrementAndGet();
  }

  /** No more callbacks; returns when all are answered or given up. */
  public void stop() {
    timer.shutdown();
    Await.until("the last answers", Duration.ofSeconds(10), () -> underWay.get() == 0);
  }

  /** Each accepted id, and when its last accepted callback was sent ({@code System.nanoTime}). */
  public Map<Long, Long> accepted() {
    return Map.copyOf(accepted);
  }

  /** Ids in accepted callbacks, those that came twice counted twice. */
  public int acceptedIds() {
    return acceptedIds.get();
  }

  /** How often each status came, and {@code none} for no answer within a second. */
  public Map<String, Integer> outcomes() {
    return Map.copyOf(outcomes);
  }

  /** The time to an answer at this percentile, in milliseconds. */
  public double percentileMs(double percent) {
    List<Long> sorted = new ArrayList<>(micros);
    Collections.sort(sorted);
    int index = (int) Math.ceil(percent / 100 * sorted.size()) - 1;
    return sorted.isEmpty() ? 0 : sorted.get(Math.max(0, index)) / 1_000.0;
  }

  /** The accepted ids of which the origin has given no answer since their callback was sent. */
  public List<Long> unchecked(TestOrigin origin) {
    return accepted.entrySet().stream()
        .filter(e -> !origin.answeredSince(e.getKey(), e.getValue()))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** How many are unchecked, and what the origin knows of the first five. */
  public String describeUnchecked(TestOrigin origin) {
    List<Long> ids = unchecked(origin);
    return ids.size()
        + " of "
        + accepted.size()
        + ids.stream()
            .limit(5)
            .map(id -> "; " + id + " " + origin.describe(id, accepted.getOrDefault(id, 0L)))
            .collect(Collectors.joining());
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
