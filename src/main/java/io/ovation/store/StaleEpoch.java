package io.ovation.store;

/** The partition has a newer owner; the caller must stop acting for it. */
public class StaleEpoch extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StaleEpoch(int partition, long epoch) {
    super("partition " + partition + ": epoch " + epoch + " is stale", null, false, false);
  }
}
