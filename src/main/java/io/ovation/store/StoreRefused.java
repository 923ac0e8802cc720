package io.ovation.store;

/**
 * The store answered a call with an error, and is available. The same call will mostly have the
 * same answer.
 */
public final class StoreRefused extends StoreUnavailable {
  private static final long serialVersionUID = 1L;

  public StoreRefused(String message) {
    super(message);
  }
}
