package io.ovation.packages.state;

import java.util.Locale;

/** The stages of a package's life cycle. */
public enum PackageStatus {
  /** Accepted; no attempt has begun. */
  PENDING,
  /** A worker holds its lease. */
  PROCESSING,
  /** Its handler succeeded. Final. */
  DONE,
  /** Its last attempt failed; it will be tried again. */
  FAILED,
  /** Its handler refused it for good, or all attempts failed. Final. */
  DEAD;

  public boolean isFinal() {
    return this == DONE || this == DEAD;
  }

  /** As spelled in JSON. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  static PackageStatus of(String text) {
    return valueOf(text.toUpperCase(Locale.ROOT));
  }
}
