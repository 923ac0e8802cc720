package io.ovation.auth;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The role of a caller, the token's claim {@code role}. Each may do what those before it may. */
public enum AccessRole {
  VIEWER,
  MODERATOR,
  HOST,
  ADMIN,

  /** Of back ends: only an administrator may also do what it may, and it may do nothing else. */
  SERVICE;

  private static final Map<String, AccessRole> BY_TEXT =
      Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(AccessRole::text, role -> role));

  /** Whether a caller of this role may do what {@code needed} may. */
  public boolean covers(AccessRole needed) {
    if (this == SERVICE || needed == SERVICE) {
      return this == needed || this == ADMIN;
    }
    return compareTo(needed) >= 0;
  }

  /** As it is written in tokens and error texts. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Optional<AccessRole> of(String text) {
    return Optional.ofNullable(BY_TEXT.get(text));
  }

  static String all() {
    return Arrays.stream(values()).map(AccessRole::text).collect(Collectors.joining(", "));
  }
}
