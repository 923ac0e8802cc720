package io.ovation.async;

/**
 * The queue, the store or the disk did not answer in time. What was asked for may still take
 * effect.
 */
public abstract class DependencyUnavailable extends RuntimeException {
  private static final long serialVersionUID = 1L;

  protected DependencyUnavailable(String message) {
    super(message, null, false, false);
  }
}
