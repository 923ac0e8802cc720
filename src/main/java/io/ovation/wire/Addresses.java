package io.ovation.wire;

/** All event-bus addresses: five per node, none per stream or viewer. */
public final class Addresses {
  private Addresses() {}

  /** A node's supervisor receives batches, announcements, states and watches here. */
  public static String supervise(String node) {
    return "ovation.supervise." + node;
  }

  /** A node answers here that its event bus can be reached. */
  public static String heartbeat(String node) {
    return "ovation.heartbeat." + node;
  }

  /** A node's dispatcher receives registrations, counts and queries here. */
  public static String dispatch(String node) {
    return "ovation.dispatch." + node;
  }

  /** A node answers operators' questions here. */
  public static String node(String node) {
    return "ovation.node." + node;
  }

  /** A node answers here how far the other regions are behind. */
  public static String region(String node) {
    return "ovation.region." + node;
  }
}
