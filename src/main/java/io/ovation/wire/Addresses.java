package io.ovation.wire;

/** Every event-bus address there is: two per node, none per stream or viewer. */
public final class Addresses {
  private Addresses() {}

  /** Where a node's supervisor takes batches, announcements and suspensions. */
  public static String supervise(String node) {
    return "ovation.supervise." + node;
  }

  /** Where a node's dispatcher takes registrations, counts and queries. */
  public static String dispatch(String node) {
    return "ovation.dispatch." + node;
  }
}
