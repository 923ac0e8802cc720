package io.ovation.queue;

import io.ovation.async.DependencyUnavailable;

/** The broker did not confirm in time. Nothing is promised; the item may still take effect. */
public class BrokerUnavailable extends DependencyUnavailable {
  private static final long serialVersionUID = 1L;

  public BrokerUnavailable(String message) {
    super(message);
  }
}
