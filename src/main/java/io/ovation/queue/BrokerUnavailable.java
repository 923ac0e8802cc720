package io.ovation.queue;

/** The broker did not confirm in time. Nothing is promised; the item may still take effect. */
public class BrokerUnavailable extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public BrokerUnavailable(String message) {
    super(message, null, false, false);
  }
}
