package io.ovation.queue;

/** The broker did not confirm in time. The item may be lost, or may still take effect. */
public class BrokerUnavailable extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public BrokerUnavailable(String message) {
    super(message, null, false, false);
  }
}
