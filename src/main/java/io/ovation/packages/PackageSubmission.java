package io.ovation.packages;

import io.ovation.http.problem.Problem;
import io.ovation.queue.Lane;
import io.vertx.core.json.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A submission, validated.
 *
 * @param payload JSON text
 */
public record PackageSubmission(String id, String type, Lane lane, String payload) {
  static final int ID_LENGTH = 128;
  static final int TYPE_LENGTH = 64;

  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._:-]+");

  /**
   * Reads a body.
   *
   * @throws io.ovation.http.problem.ProblemException naming the field at fault
   */
  static PackageSubmission of(Map<String, @Nullable Object> body) {
    String id = name("id", body.get("id"), ID_LENGTH);
    String type = name("type", body.get("type"), TYPE_LENGTH);
    Lane lane = lane(body.get("priority"), body.containsKey("priority"));
    if (!body.containsKey("payload")) {
      throw Problem.invalid("payload", "is missing; any JSON value will do").exception();
    }
    return new PackageSubmission(id, type, lane, Json.encode(body.get("payload")));
  }

  /** Why the value can't be an id; null if it can. */
  public static @Nullable String idFault(@Nullable Object value) {
    return fault(value, ID_LENGTH);
  }

  /** Why the value can't be a type; null if it can. */
  public static @Nullable String typeFault(@Nullable Object value) {
    return fault(value, TYPE_LENGTH);
  }

  /** Equal for equal submissions only (128 bits of SHA-256). */
  public String fingerprint() {
    String all = type + "\n" + lane.text() + "\n" + payload;
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(all.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static String name(String field, @Nullable Object value, int limit) {
    Problem.require(field, fault(value, limit));
    return (String) Objects.requireNonNull(value);
  }

  private static @Nullable String fault(@Nullable Object value, int limit) {
    if (!(value instanceof String text)) {
      return value == null ? "is missing" : "must be a string";
    }
    if (text.length() > limit || !PLAIN.matcher(text).matches()) {
      return "must be 1-" + limit + " of A-Z a-z 0-9 . _ : -";
    }
    // Clients and proxies resolve these as steps in a path.
    return text.equals(".") || text.equals("..") ? "must not be . or .." : null;
  }

  private static Lane lane(@Nullable Object value, boolean given) {
    if (!given) {
      return Lane.NORMAL;
    }
    for (Lane lane : Lane.values()) {
      if (lane.text().equals(value)) {
        return lane;
      }
    }
    throw Problem.invalid("priority", "must be high, normal or low").exception();
  }
}
