package io.ovation.http.body;

import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What this node accepts under which id, from the moment it is asked to and for as long as the
 * store remembers ids: the same id with another content is the sender's mistake, and would be
 * dropped as a repetition when it is dispatched. Bounded; the oldest are forgotten. Any thread.
 */
public final class IdConflictCheck {
  private static final int STRIPES = 16;
  private static final int PER_STRIPE = 4_096;
  private static final long REMEMBERED_NANOS = TimeUnit.MINUTES.toNanos(10);

  /** An answer waits no longer than this for the store. */
  private static final long STORE_MS = 100;

  private final Problem conflict;
  private final LongSupplier nanoTime;
  private final List<Map<String, Use>> stripes = new ArrayList<>();

  /** One content under an id. Guarded by its stripe. */
  private static final class Use {
    final int hash;
    final int length;

    /** Those that are not durable yet, and may fail. */
    int inFlight;

    /** When the last of them became durable; null if none did. */
    @Nullable Long acceptedAt;

    Use(String content) {
      hash = content.hashCode();
      length = content.length();
    }

    boolean isOf(String content) {
      return hash == content.hashCode() && length == content.length();
    }
  }

  /**
   * @param what is sent, in singular: "comment"
   */
  public IdConflictCheck(String what, LongSupplier nanoTime) {
    String detail =
        "id: was used for another %1$s within the last 10 minutes; nothing was taken. Use a new id"
            + " for each %1$s, and the same one only to send the same %1$s again";
    this.conflict = new Problem(409, "conflict", "id", detail.formatted(what), 0);
    this.nanoTime = nanoTime;
    for (int i = 0; i < STRIPES; i++) {
      stripes.add(
          new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Use> eldest) {
              return size() > PER_STRIPE;
            }
          });
    }
  }

  /**
   * Claims an id for a content, until {@link #settle}.
   *
   * @param identity the id, and within what it is unique
   * @param content what must be the same when it is sent again
   * @throws ProblemException 409 if the id is used for another content
   */
  public void claim(String identity, String content) {
    Map<String, Use> stripe = stripe(identity);
    synchronized (stripe) {
      @Nullable Use use = stripe.get(identity);
      if (use == null || isForgotten(use)) {
        use = put(stripe, identity, content);
      } else if (!use.isOf(content)) {
        throw conflict.exception();
      }
      use.inFlight++;
    }
  }

  /**
   * Passes an answer on, unless the store is known within 100 ms to have another content under the
   * id. What was enqueued in spite of that is dropped as a repetition when it is dispatched.
   */
  public <T> Future<T> unless(Future<Boolean> storeHasOther, T answer) {
    Future<Boolean> soon =
        storeHasOther.isComplete()
            ? storeHasOther
            : storeHasOther.timeout(STORE_MS, TimeUnit.MILLISECONDS);
    return soon.otherwise(false)
        .compose(
            isOther ->
                isOther
                    ? Future.failedFuture(conflict.exception())
                    : Future.succeededFuture(answer));
  }

  /** Ends a claim. What failed leaves its id free. */
  public void settle(String identity, String content, boolean accepted) {
    Map<String, Use> stripe = stripe(identity);
    synchronized (stripe) {
      // It may have been forgotten meanwhile, or be another's.
      @Nullable Use use = stripe.get(identity);
      int inFlight = 0;
      boolean free = false;
      if (use != null && use.isOf(content)) {
        inFlight = Math.max(0, --use.inFlight);
        free = inFlight == 0 && use.acceptedAt == null;
      }
      if (accepted) {
        Use newest = put(stripe, identity, content);
        newest.inFlight = inFlight;
        newest.acceptedAt = nanoTime.getAsLong();
      } else if (free) {
        stripe.remove(identity);
      }
    }
  }

  private static Use put(Map<String, Use> stripe, String identity, String content) {
    Use use = new Use(content);
    stripe.remove(identity); // so that it is the newest
    stripe.put(identity, use);
    return use;
  }

  private boolean isForgotten(Use use) {
    Long acceptedAt = use.acceptedAt;
    return use.inFlight <= 0
        && acceptedAt != null
        && nanoTime.getAsLong() - acceptedAt >= REMEMBERED_NANOS;
  }

  private Map<String, Use> stripe(String identity) {
    return stripes.get(Math.floorMod(identity.hashCode(), STRIPES));
  }
}
