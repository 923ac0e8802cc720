package io.ovation.queue;

import io.ovation.async.DependencyUnavailable;

/** The broker did not confirm in time. The item may be lost, or may still take effect. */
public class BrokerUnavailable extends DependencyUnavailable {
  private static final long serialVersionUID = 1L;

  public BrokerUnavailable(String message) {
    super(message);
  }
}
