package io.ovation.cluster;

import java.util.Locale;

/** A part of a node's work; any role may run on any number of nodes. */
public enum Role {
  INGRESS,
  DISPATCH,
  SUPERVISE,
  LIVENESS,
  PACKAGES,
  REGION;

  /** As spelled in member attributes, logs and metrics. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
