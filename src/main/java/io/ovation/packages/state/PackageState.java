package io.ovation.packages.state;

import io.ovation.queue.Lane;
import org.jspecify.annotations.Nullable;

/**
 * A package's state. Immutable; each change makes the next one. Times are milliseconds since 1970,
 * 0 for not yet.
 *
 * @param fingerprint of the submission, to tell a repeat from another package of the same id
 * @param attempts begun so far
 * @param lease of the worker that processes it; null while none does
 * @param retryAtMs when a failed one is tried again
 * @param error why the last attempt failed
 * @param waitingFor why a pending one can't start
 */
public record PackageState(
    String id,
    String type,
    Lane lane,
    String fingerprint,
    PackageStatus status,
    int attempts,
    Times times,
    @Nullable Lease lease,
    long retryAtMs,
    @Nullable String error,
    @Nullable String waitingFor) {

  /** Characters of an error that are kept; people read it. */
  private static final int ERROR_LENGTH = 500;

  /**
   * @param startedMs when the last attempt began
   * @param finishedMs when it became done or dead
   */
  public record Times(long createdMs, long updatedMs, long startedMs, long finishedMs) {
    Times at(long nowMs) {
      return new Times(createdMs, nowMs, startedMs, finishedMs);
    }
  }

  /**
   * A worker's exclusive right to process a package.
   *
   * @param worker the node
   * @param token unique to this lease, also among those of one node
   * @param untilMs when it expires unless it is renewed
   */
  public record Lease(String worker, String token, long untilMs) {
    public Lease until(long ms) {
      return new Lease(worker, token, ms);
    }
  }

  public static PackageState pending(
      String id, String type, Lane lane, String fingerprint, long createdMs) {
    Times times = new Times(createdMs, createdMs, 0, 0);
    return new PackageState(
        id, type, lane, fingerprint, PackageStatus.PENDING, 0, times, null, 0, null, null);
  }

  /** How long no attempt may begin, because of a live lease or a pause; 0 if one may begin now. */
  public long heldForMs(long nowMs) {
    long until = lease != null ? lease.untilMs() : status == PackageStatus.FAILED ? retryAtMs : 0;
    return Math.max(0, until - nowMs);
  }

  /** Whether a worker has seen its item, so that the item is known to be in the queue. */
  public boolean seen() {
    return attempts > 0 || waitingFor != null;
  }

  public PackageState waiting(String reason, long nowMs) {
    return next(status, attempts, times.at(nowMs), null, retryAtMs, error, reason);
  }

  public PackageState claimed(Lease by, long nowMs) {
    Times begun = new Times(times.createdMs, nowMs, nowMs, 0);
    return next(PackageStatus.PROCESSING, attempts + 1, begun, by, 0, error, null);
  }

  public PackageState renewed(Lease extended, long nowMs) {
    return next(status, attempts, times.at(nowMs), extended, 0, error, null);
  }

  public PackageState done(long nowMs) {
    return next(PackageStatus.DONE, attempts, finished(nowMs), null, 0, null, null);
  }

  public PackageState dead(String why, long nowMs) {
    return next(PackageStatus.DEAD, attempts, finished(nowMs), null, 0, cut(why), null);
  }

  public PackageState failed(String why, long retryMs, long nowMs) {
    return next(PackageStatus.FAILED, attempts, times.at(nowMs), null, retryMs, cut(why), null);
  }

  private Times finished(long nowMs) {
    return new Times(times.createdMs, nowMs, times.startedMs, nowMs);
  }

  private PackageState next(
      PackageStatus status,
      int attempts,
      Times times,
      @Nullable Lease lease,
      long retryAtMs,
      @Nullable String error,
      @Nullable String waitingFor) {
    return new PackageState(
        id, type, lane, fingerprint, status, attempts, times, lease, retryAtMs, error, waitingFor);
  }

  private static String cut(String text) {
    return text.length() <= ERROR_LENGTH ? text : text.substring(0, ERROR_LENGTH) + "…";
  }
}
