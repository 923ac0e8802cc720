package io.ovation.queue.typed;

import io.ovation.async.Backoff;
import io.ovation.queue.Broker;
import io.ovation.queue.Lane;
import io.ovation.queue.proto.ItemBackoff;
import io.ovation.queue.proto.ItemPolicy;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What one call sets differently from its method. Immutable. Every {@code with…} throws {@link
 * IllegalArgumentException}, with a message that states the bounds, when its value is out of them.
 *
 * @param id the item's identity, at most 512 characters; null for the request's own or a random one
 * @param key items of one key stay in order, at most 512 characters; null for the request's own
 * @param lane one of the queue's lanes, or the call fails; null for the method's
 * @param delay the item is not handled before it is over, and soon after: zero to {@link
 *     Broker#MAX_DELAY}. The item takes its place in its key's order only then
 * @param policy changes to how the item is tried
 * @param headers travel with the item: at most 64, names of 1 to 128 characters, values of at most
 *     8,192
 */
public record EnqueueOptions(
    @Nullable String id,
    @Nullable String key,
    @Nullable Lane lane,
    Duration delay,
    ItemPolicy policy,
    Map<String, String> headers) {
  // Only to check an item's changes against.
  private static final Policy ANY = Policy.of(1, 1, 0, 1, 1, 1, 0);
  private static final EnqueueOptions NONE =
      new EnqueueOptions(
          null, null, null, Duration.ZERO, ItemPolicy.getDefaultInstance(), Map.of());

  // An id is a key in the store and is written to logs.
  private static final int MAX_ID = 512;
  private static final int MAX_HEADERS = 64;
  private static final int MAX_HEADER_NAME = 128;
  private static final int MAX_HEADER_VALUE = 8_192;

  public EnqueueOptions {
    check(id == null || id.length() <= MAX_ID, "an id has at most " + MAX_ID + " characters");
    check(key == null || key.length() <= MAX_ID, "a key has at most " + MAX_ID + " characters");
    Broker.checkDelay(delay);
    ANY.with(policy, rule -> check(false, rule));
    headers = Map.copyOf(headers);
    checkHeaders(headers);
  }

  /** Everything as the method states it. */
  public static EnqueueOptions none() {
    return NONE;
  }

  public EnqueueOptions withId(String id) {
    return new EnqueueOptions(id, key, lane, delay, policy, headers);
  }

  public EnqueueOptions withKey(String key) {
    return new EnqueueOptions(id, key, lane, delay, policy, headers);
  }

  public EnqueueOptions withLane(Lane lane) {
    return new EnqueueOptions(id, key, lane, delay, policy, headers);
  }

  public EnqueueOptions withDelay(Duration delay) {
    return new EnqueueOptions(id, key, lane, delay, policy, headers);
  }

  /** Failures after which the item is a dead letter: 1 to 1,000. */
  public EnqueueOptions withMaxAttempts(int attempts) {
    return withPolicy(policy.toBuilder().setMaxAttempts(attempts));
  }

  /** The pause between attempts, at most {@link Broker#MAX_DELAY}. */
  public EnqueueOptions withBackoff(Backoff backoff) {
    var item = ItemBackoff.newBuilder().setFactor(backoff.factor()).setJitter(backoff.jitter());
    item.setInitialMs(ms(backoff.initial())).setMaxMs(ms(backoff.max()));
    return withPolicy(policy.toBuilder().setBackoff(item));
  }

  /** An attempt that takes longer has failed: 1 ms to 20 minutes. */
  public EnqueueOptions withTimeout(Duration timeout) {
    return withPolicy(policy.toBuilder().setTimeoutMs(ms(timeout)));
  }

  /** An item older than this, delays included, is not tried any more; zero for no end. */
  public EnqueueOptions withTtl(Duration ttl) {
    return withPolicy(policy.toBuilder().setTtlMs(ms(ttl)));
  }

  private EnqueueOptions withPolicy(ItemPolicy.Builder changed) {
    return new EnqueueOptions(id, key, lane, delay, changed.build(), headers);
  }

  private static long ms(Duration duration) {
    return TimeUnit.MILLISECONDS.convert(duration); // Unlike toMillis it does not overflow.
  }

  public EnqueueOptions withHeader(String name, String value) {
    var more = new HashMap<>(headers);
    more.put(name, value);
    return new EnqueueOptions(id, key, lane, delay, policy, more);
  }

  /** Throws {@link IllegalArgumentException} if these headers exceed an item's bounds. */
  public static void checkHeaders(Map<String, String> headers) {
    check(headers.size() <= MAX_HEADERS, "an item has at most " + MAX_HEADERS + " headers");
    String nameRule = "a header's name has 1 to " + MAX_HEADER_NAME + " characters";
    String valueRule = " has more than " + MAX_HEADER_VALUE + " characters";
    headers.forEach(
        (name, value) -> {
          check(!name.isEmpty() && name.length() <= MAX_HEADER_NAME, nameRule);
          check(value.length() <= MAX_HEADER_VALUE, "header " + name + valueRule);
        });
  }

  private static void check(boolean holds, String rule) {
    if (!holds) {
      throw new IllegalArgumentException(rule);
    }
  }
}
