package io.ovation.store;

import io.ovation.async.DependencyUnavailable;

/** The store did not answer in time. A write may have taken effect or not. */
public class StoreUnavailable extends DependencyUnavailable {
  private static final long serialVersionUID = 1L;

  public StoreUnavailable(String message) {
    super(message);
  }
}
