package io.ovation.store;

/** The store did not answer in time. A write may have taken effect or not. */
public class StoreUnavailable extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StoreUnavailable(String message) {
    super(message, null, false, false);
  }
}
