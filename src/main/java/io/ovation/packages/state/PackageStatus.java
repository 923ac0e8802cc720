package io.ovation.packages.state;

import java.util.Locale;

/** Where a package is in its life. */
public enum PackageStatus {
  /** Accepted; no worker has begun. */
  PENDING,
  /** A worker holds it by a lease. */
  PROCESSING,
  /** Its handler succeeded. Nothing more will happen. */
  DONE,
  /** Its last attempt failed; another one will follow. */
  FAILED,
  /** Given up: refused by its handler, or out of attempts. Nothing more will happen. */
  DEAD;

  public boolean isFinal() {
    return this == DONE || this == DEAD;
  }

  /** As it is spelled in JSON. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  static PackageStatus of(String text) {
    return valueOf(text.toUpperCase(Locale.ROOT));
  }
}
