package io.ovation.cluster;

import java.util.Locale;

/** What a node may do; any role may run on any number of nodes. */
public enum Role {
  INGRESS,
  DISPATCH,
  SUPERVISE,
  LIVENESS,
  PACKAGES;

  /** As it is spelled in member attributes, logs and metrics. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
