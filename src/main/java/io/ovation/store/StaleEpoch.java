package io.ovation.store;

/** The partition has a newer owner; the caller must stop acting for it. */
public class StaleEpoch extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long current;

  public StaleEpoch(int partition, long epoch) {
    this(partition, epoch, 0);
  }

  /**
   * @param current the highest epoch that is known, 0 if none
   */
  public StaleEpoch(int partition, long epoch, long current) {
    super("partition " + partition + ": epoch " + epoch + " is stale", null, false, false);
    this.current = current;
  }

  /** The highest epoch that is known, 0 if none. */
  public long current() {
    return current;
  }
}
