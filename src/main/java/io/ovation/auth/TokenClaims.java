package io.ovation.auth;

import io.ovation.auth.TokenMetrics.Refusal;
import io.ovation.config.Config;
import io.ovation.http.body.InputRules;
import io.ovation.http.problem.ProblemException;
import java.math.BigDecimal;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the claims of a token whose signature is valid.
 *
 * @param clock times in tokens are wall-clock times; {@code auth.leeway} is for clocks that differ
 */
record TokenClaims(Config.Auth config, InstantSource clock) {
  private static final int MAX_STREAMS = 100;
  private static final int MAX_PROFILE = 1024;

  /**
   * The latest time that is believed; a later one is a mistake, or seconds given as something else.
   */
  private static final long MAX_SECONDS = 253_402_300_799L;

  /**
   * Refuses times that are no numbers, before a library reads them.
   *
   * @throws TokenRefused if there is one
   */
  static void checkTypes(Map<String, @Nullable Object> claims) {
    seconds(claims, "exp");
    seconds(claims, "nbf");
    seconds(claims, "iat");
  }

  /**
   * @throws TokenRefused if a claim is not as it must be
   */
  Caller caller(Map<String, @Nullable Object> claims) {
    Long notBefore = seconds(claims, "nbf");
    if (notBefore != null && clock.millis() < notBefore * 1000 - config.leeway().toMillis()) {
      throw new TokenRefused(Refusal.EARLY, "it is not valid yet (\"nbf\")");
    }
    Long end = seconds(claims, "exp");
    if (!config.issuer().isEmpty() && !config.issuer().equals(claims.get("iss"))) {
      throw new TokenRefused(Refusal.ISSUER, "its \"iss\" is not auth.issuer");
    }
    if (!config.audience().isEmpty() && !audience(claims.get("aud"))) {
      throw new TokenRefused(Refusal.AUDIENCE, "its \"aud\" is not auth.audience");
    }
    String user = user(claims.get("sub"));
    AccessRole role = role(claims.get("role"));
    String profile = profile(claims.get("profile"));
    List<String> streams = streams(claims.get("streams"), role);
    long endMs = end == null ? Long.MAX_VALUE : end * 1000;
    Caller caller = new Caller(user, role, streams, profile, endMs, "");
    checkTime(caller);
    return caller;
  }

  /**
   * @throws TokenRefused if the caller's token has expired
   */
  void checkTime(Caller caller) {
    if (caller.expiresAtMs() < clock.millis() - config.leeway().toMillis()) {
      throw new TokenRefused(Refusal.EXPIRED, "it has expired (\"exp\")");
    }
  }

  private static String user(@Nullable Object sub) {
    try {
      return InputRules.user(sub);
    } catch (ProblemException e) {
      String why = e.problem().detail().replaceFirst("^user: ", "");
      throw new TokenRefused(Refusal.CLAIMS, "its \"sub\", the user, " + why);
    }
  }

  private static AccessRole role(@Nullable Object role) {
    if (role == null) {
      return AccessRole.VIEWER;
    }
    return AccessRole.of(String.valueOf(role))
        .orElseThrow(
            () ->
                new TokenRefused(
                    Refusal.CLAIMS, "its \"role\" must be one of " + AccessRole.all()));
  }

  /** Administrators and back ends need not name any; others may use only those that they name. */
  private static List<String> streams(@Nullable Object streams, AccessRole role) {
    if (streams == null) {
      return role == AccessRole.ADMIN || role == AccessRole.SERVICE ? List.of("*") : List.of();
    }
    boolean valid = streams instanceof List<?> list && list.size() <= MAX_STREAMS;
    List<String> names = new ArrayList<>();
    for (Object name : valid ? (List<?>) streams : List.of()) {
      valid &= isStreams(name);
      names.add(String.valueOf(name));
    }
    if (!valid) {
      throw new TokenRefused(
          Refusal.CLAIMS,
          "its \"streams\" must be a list of up to 100 names, or prefixes that end in *");
    }
    return names;
  }

  private static boolean isStreams(@Nullable Object claim) {
    if (!(claim instanceof String name)) {
      return false;
    }
    boolean prefix = name.endsWith("*");
    String plain = prefix ? name.substring(0, name.length() - 1) : name;
    return (prefix && plain.isEmpty())
        || InputRules.nameFault(plain, InputRules.STREAM_LENGTH) == null
        || (prefix && InputRules.nameFault(plain + "x", InputRules.STREAM_LENGTH) == null);
  }

  private static @Nullable String profile(@Nullable Object profile) {
    if (profile == null) {
      return null;
    }
    String json = Profile.encode(profile);
    if (json != null) {
      return json;
    }
    throw new TokenRefused(Refusal.CLAIMS, "its \"profile\" must be an object of at most 1 KiB");
  }

  private boolean audience(@Nullable Object aud) {
    return aud instanceof List<?> list
        ? list.contains(config.audience())
        : config.audience().equals(aud);
  }

  /** A NumericDate (RFC 7519, section 2), rounded down. */
  private static @Nullable Long seconds(Map<String, @Nullable Object> claims, String name) {
    Object value = claims.get(name);
    if (value == null && !claims.containsKey(name)) {
      return null;
    }
    if (value instanceof Long whole && whole >= 0 && whole <= MAX_SECONDS) {
      return whole;
    }
    BigDecimal seconds = value instanceof BigDecimal decimal ? decimal : BigDecimal.valueOf(-1);
    if (seconds.signum() < 0 || seconds.compareTo(BigDecimal.valueOf(MAX_SECONDS)) > 0) {
      throw new TokenRefused(Refusal.CLAIMS, "its \"" + name + "\" must be seconds since 1970");
    }
    return seconds.longValue();
  }
}
