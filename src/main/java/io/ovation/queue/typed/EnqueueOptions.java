package io.ovation.queue.typed;

import io.ovation.async.Backoff;
import io.ovation.queue.Broker;
import io.ovation.queue.Lane;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one call says differently from its method. Immutable. Every {@code with…} throws {@link
 * IllegalArgumentException}, and says what is allowed, when its value is out of bounds.
 */
public final class EnqueueOptions {
  private static final EnqueueOptions NONE =
      new EnqueueOptions(null, null, null, Duration.ZERO, PolicyOverride.NONE, Map.of());

  // An id is a store's key and stands in logs.
  private static final int LONGEST_ID = 512;
  private static final int MOST_HEADERS = 64;
  private static final int LONGEST_NAME = 128;
  private static final int LONGEST_VALUE = 8_192;

  private final @Nullable String id;
  private final @Nullable String key;
  private final @Nullable Lane lane;
  private final Duration delay;
  private final PolicyOverride policy;
  private final Map<String, String> headers;

  private EnqueueOptions(
      @Nullable String id,
      @Nullable String key,
      @Nullable Lane lane,
      Duration delay,
      PolicyOverride policy,
      Map<String, String> headers) {
    this.id = id;
    this.key = key;
    this.lane = lane;
    this.delay = delay;
    this.policy = policy;
    this.headers = headers;
  }

  /** All as the method says. */
  public static EnqueueOptions none() {
    return NONE;
  }

  /** The item's identity, instead of the request's own or a random one; at most 512 characters. */
  public EnqueueOptions withId(String id) {
    check(id.length() <= LONGEST_ID, "an id has at most " + LONGEST_ID + " characters");
    return new EnqueueOptions(id, key, lane, delay, policy, headers);
  }

  /** Items of one key stay in order, instead of the request's own key; at most 512 characters. */
  public EnqueueOptions withKey(String key) {
    check(key.length() <= LONGEST_ID, "a key has at most " + LONGEST_ID + " characters");
    return new EnqueueOptions(id, key, lane, delay, policy, headers);
  }

  /** One of the queue's lanes; another one fails the call. */
  public EnqueueOptions withLane(Lane lane) {
    return new EnqueueOptions(id, key, lane, delay, policy, headers);
  }

  /**
   * Not handled before {@code delay} is over, and soon after. It takes its place in its key's order
   * only then.
   *
   * @param delay zero to {@link Broker#MAX_DELAY}
   */
  public EnqueueOptions withDelay(Duration delay) {
    Broker.checkDelay(delay);
    return new EnqueueOptions(id, key, lane, delay, policy, headers);
  }

  /** Failures after which the item is a dead letter: 1 to 1,000. */
  public EnqueueOptions withMaxAttempts(int attempts) {
    return withPolicy(policy.withMaxAttempts(attempts));
  }

  /** The pause between attempts; none longer than {@link Broker#MAX_DELAY}. */
  public EnqueueOptions withBackoff(Backoff backoff) {
    return withPolicy(policy.withBackoff(backoff));
  }

  /** An attempt that takes longer has failed: 1 ms to 20 minutes. */
  public EnqueueOptions withTimeout(Duration timeout) {
    return withPolicy(policy.withTimeout(timeout));
  }

  /** Past this age, delays included, the item is not tried any more; zero for no end. */
  public EnqueueOptions withTtl(Duration ttl) {
    return withPolicy(policy.withTtl(ttl));
  }

  private EnqueueOptions withPolicy(PolicyOverride changed) {
    return new EnqueueOptions(id, key, lane, delay, changed, headers);
  }

  /**
   * Travels with the item. At most 64, their names at most 128 characters and not beginning with
   * {@code ovation-}, their values at most 8,192.
   */
  public EnqueueOptions withHeader(String name, String value) {
    check(!name.startsWith(PolicyHeaders.PREFIX), "headers ovation-… are the queue's own: " + name);
    var more = new HashMap<>(headers);
    more.put(name, value);
    checkHeaders(more);
    return new EnqueueOptions(id, key, lane, delay, policy, Map.copyOf(more));
  }

  /** Throws {@link IllegalArgumentException} if these are more than may travel with an item. */
  public static void checkHeaders(Map<String, String> headers) {
    check(headers.size() <= MOST_HEADERS, "an item has at most " + MOST_HEADERS + " headers");
    headers.forEach(
        (name, value) -> {
          check(
              !name.isEmpty() && name.length() <= LONGEST_NAME,
              "a header's name has 1 to " + LONGEST_NAME + " characters");
          check(
              value.length() <= LONGEST_VALUE,
              "header " + name + " has more than " + LONGEST_VALUE + " characters");
        });
  }

  private static void check(boolean holds, String rule) {
    if (!holds) {
      throw new IllegalArgumentException(rule);
    }
  }

  /** Null for the request's own. */
  public @Nullable String key() {
    return key;
  }

  /** Null for the request's own, or a random one. */
  public @Nullable String id() {
    return id;
  }

  /** Null for the method's. */
  public @Nullable Lane lane() {
    return lane;
  }

  /** Zero for none. */
  public Duration delay() {
    return delay;
  }

  /** What the caller gave, without those of the policy. */
  public Map<String, String> headers() {
    return headers;
  }

  public PolicyOverride policy() {
    return policy;
  }
}
