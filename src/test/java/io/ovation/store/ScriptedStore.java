package io.ovation.store;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A store whose answers the test gives. Every call is recorded and waits, in order per method,
 * until the test answers or fails it; {@link #instantly} answers a method's next call at once.
 */
public final class ScriptedStore implements Store {
  private final List<Call> calls = new ArrayList<>();
  private final Deque<Call> pending = new ArrayDeque<>();
  private final Map<String, Object> instant = new HashMap<>();
  private final Set<String> broken = new HashSet<>();
  private String breaking = "";

  /** A call that waits, or has been answered. */
  public static final class Call {
    public final String method;
    public final List<Object> arguments;
    private final Promise<Object> answer = Promise.promise();

    Call(String method, Object... arguments) {
      this.method = method;
      this.arguments = Arrays.asList(arguments);
    }

    public void answer(Object result) {
      answer.complete(result);
    }

    public void done() {
      answer.complete(null);
    }

    public void fail(Throwable cause) {
      answer.fail(cause);
    }

    public void timeOut() {
      fail(new StoreUnavailable("scripted"));
    }

    /** Answers an append: each item gets the next offset after {@code previous}. */
    public void append(long previous) {
      long before = previous;
      List<Appended> answers = new ArrayList<>();
      for (Append item : appends()) {
        long offset = Math.max(before + 1, item.proposed());
        answers.add(new Appended(offset, before, false));
        before = offset;
      }
      answer(answers);
    }

    @SuppressWarnings("unchecked")
    public List<Append> appends() {
      return (List<Append>) arguments.get(2);
    }

    /** What the caller of an append knows to be confirmed, by stream. */
    @SuppressWarnings("unchecked")
    public Map<String, Long> confirmed() {
      return (Map<String, Long>) arguments.get(3);
    }

    @Override
    public String toString() {
      return method + arguments;
    }
  }

  /** The oldest call of the method that the test has not taken yet; there must be one. */
  public Call take(String method) {
    Call call = pending.stream().filter(c -> c.method.equals(method)).findFirst().orElse(null);
    pending.remove(call);
    return Objects.requireNonNull(call, () -> "no call of " + method + " waits: " + pending);
  }

  /** How many calls of the method wait for the test. */
  public long waiting(String method) {
    return pending.stream().filter(c -> c.method.equals(method)).count();
  }

  public long count(String method) {
    return calls.stream().filter(c -> c.method.equals(method)).count();
  }

  /** From now on calls of the method are answered at once. */
  public void instantly(String method, Object answer) {
    instant.put(method, answer);
  }

  /** From now on the method throws instead of returning a future. */
  public void breakMethod(String method) {
    broken.add(method);
  }

  /** From now on an append that holds an item of this id throws. */
  public void breakAppendsOf(String id) {
    breaking = id;
  }

  @SuppressWarnings("unchecked")
  private <T> Future<T> call(String method, Object... arguments) {
    if (broken.contains(method)) {
      throw new IllegalStateException(method + " is broken");
    }
    Call call = new Call(method, arguments);
    calls.add(call);
    if (instant.containsKey(method)) {
      call.answer(instant.get(method));
    } else {
      pending.add(call);
    }
    return (Future<T>) call.answer.future();
  }

  @Override
  public Future<Long> takePartition(int partition, long atLeast) {
    return call("takePartition", partition, atLeast);
  }

  @Override
  public Future<List<Appended>> append(
      int partition, long epoch, List<Append> items, Map<String, Long> confirmed) {
    if (!breaking.isEmpty() && items.stream().anyMatch(item -> item.id().equals(breaking))) {
      throw new IllegalStateException(breaking + " cannot be written");
    }
    return call("append", partition, epoch, items, confirmed);
  }

  @Override
  public Future<Void> appendHole(int partition, long epoch, String stream, long from, long to) {
    return call("appendHole", partition, epoch, stream, from, to);
  }

  @Override
  public Future<Void> appendHoles(int partition, long epoch, Map<String, Hole> holes) {
    return call("appendHoles", partition, epoch, Map.copyOf(holes));
  }

  @Override
  public Future<History> history(int partition, String stream, long after, int limit) {
    return call("history", partition, stream, after, limit);
  }

  @Override
  public Future<List<Kept>> newest(int partition, String stream, long before, int limit) {
    return call("newest", partition, stream, before, limit);
  }

  @Override
  public Future<List<Long>> offsetsOf(List<EventId> ids) {
    return call("offsetsOf", ids);
  }

  @Override
  public Future<List<Pin>> pins(int partition, String stream) {
    return call("pins", partition, stream);
  }

  @Override
  public Future<Long> otherPins(int partition, String stream, String name) {
    return call("otherPins", partition, stream, name);
  }

  @Override
  public Future<List<String>> streams() {
    return call("streams");
  }

  /** Its calls are recorded and answered as those of the store. */
  @Override
  public SharedTable table() {
    return (SharedTable)
        java.lang.reflect.Proxy.newProxyInstance(
            SharedTable.class.getClassLoader(),
            new Class<?>[] {SharedTable.class},
            (proxy, method, arguments) -> call(method.getName(), arguments));
  }

  @Override
  public Future<Long> lastOffset(int partition, String stream) {
    return call("lastOffset", partition, stream);
  }

  @Override
  public Future<Map<String, Long>> lastOffsets(int partition, Collection<String> streams) {
    return call("lastOffsets", partition, List.copyOf(streams));
  }

  @Override
  public Future<Added> addReactions(
      int partition, long epoch, List<Reactions> batches, Duration ttl) {
    return call("addReactions", partition, epoch, batches, ttl);
  }

  @Override
  public Future<Map<String, Map<String, Long>>> mergeReactions(
      int partition,
      long epoch,
      String region,
      Map<String, Map<String, Long>> totals,
      Duration ttl) {
    return call("mergeReactions", partition, epoch, region, totals, ttl);
  }

  @Override
  public Future<Map<String, Map<String, Long>>> reactions(
      int partition, Collection<String> streams) {
    return call("reactions", partition, List.copyOf(streams));
  }

  @Override
  public Future<Versioned> compareAndSet(String key, long expected, String value, Duration ttl) {
    return call("compareAndSet", key, expected, value, ttl);
  }

  @Override
  public Future<Optional<Versioned>> read(String key) {
    return call("read", key);
  }

  @Override
  public Future<String> setOnce(String key, String value) {
    return call("setOnce", key, value);
  }

  @Override
  public Future<Long> now() {
    return call("now");
  }

  /** Its calls are recorded and answered as those of the store. */
  @Override
  public LastSeenIndex sightings() {
    return (LastSeenIndex)
        java.lang.reflect.Proxy.newProxyInstance(
            LastSeenIndex.class.getClassLoader(),
            new Class<?>[] {LastSeenIndex.class},
            (proxy, method, arguments) -> call(method.getName(), arguments));
  }

  @Override
  public Future<Void> ping() {
    return call("ping");
  }

  @Override
  public Future<Void> close() {
    return call("close");
  }
}
