package io.ovation.packages;

import io.ovation.http.body.InputRules;
import io.ovation.http.body.StrictJsonReader;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.packages.proto.PackageRequest;
import io.ovation.queue.Lane;
import io.vertx.core.json.Json;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A submission, validated.
 *
 * @param payload JSON text
 * @param fingerprint equal for submissions of equal type, priority and JSON value only
 */
record PackageSubmission(String id, String type, Lane lane, String payload, String fingerprint) {
  static final int ID_LENGTH = 128;
  static final int TYPE_LENGTH = 64;

  /**
   * Reads a body.
   *
   * @throws io.ovation.http.problem.ProblemException naming the field at fault
   */
  static PackageSubmission of(Map<String, @Nullable Object> body) {
    Problem.require("id", idFault(body.get("id")));
    Problem.require("type", typeFault(body.get("type")));
    Lane lane = lane(body.get("priority"), body.containsKey("priority"));
    if (!body.containsKey("payload")) {
      throw Problem.invalid("payload", "is missing; any JSON value will do").exception();
    }
    String id = String.valueOf(body.get("id"));
    String type = String.valueOf(body.get("type"));
    return of(id, type, lane, body.get("payload"));
  }

  static PackageSubmission of(String id, String type, Lane lane, @Nullable Object payload) {
    String all = type + "\n" + lane.text() + "\n" + Json.encode(canonical(payload));
    return new PackageSubmission(id, type, lane, Json.encode(payload), fingerprint(all));
  }

  /** Why the value can't be an id; null if it can. */
  static @Nullable String idFault(@Nullable Object value) {
    return fault(value, ID_LENGTH);
  }

  /** Why the value can't be a type; null if it can. */
  static @Nullable String typeFault(@Nullable Object value) {
    return fault(value, TYPE_LENGTH);
  }

  PackageState pending(long createdMs) {
    return PackageState.pending(id, type, lane, fingerprint, createdMs);
  }

  /** Of an item that was not submitted by HTTP; its payload may be any text. */
  static PackageSubmission of(PackageRequest item) {
    byte[] wrapped = ("{\"payload\":" + item.getPayload() + "}").getBytes(StandardCharsets.UTF_8);
    Object payload;
    try {
      payload = StrictJsonReader.object(wrapped, wrapped.length).get("payload");
    } catch (ProblemException notJson) {
      payload = item.getPayload();
    }
    String id = item.getId();
    String type = item.getType();
    PackageSubmission parsed = of(id, type, Lane.NORMAL, payload);
    return new PackageSubmission(id, type, Lane.NORMAL, item.getPayload(), parsed.fingerprint);
  }

  /** 128 bits of SHA-256. */
  private static String fingerprint(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** The same for every text of one JSON value: members sorted, numbers without trailing zeros. */
  private static @Nullable Object canonical(@Nullable Object value) {
    if (value instanceof Map<?, ?> object) {
      Map<String, @Nullable Object> sorted = new TreeMap<>();
      object.forEach((name, member) -> sorted.put(String.valueOf(name), canonical(member)));
      return sorted;
    }
    if (value instanceof List<?> array) {
      return array.stream().map(PackageSubmission::canonical).toList();
    }
    return value instanceof Number number
        ? new BigDecimal(number.toString()).stripTrailingZeros()
        : value;
  }

  private static @Nullable String fault(@Nullable Object value, int limit) {
    return InputRules.nameFault(value, limit);
  }

  private static Lane lane(@Nullable Object value, boolean given) {
    if (!given) {
      return Lane.NORMAL;
    }
    return Stream.of(Lane.values())
        .filter(lane -> lane.text().equals(value))
        .findFirst()
        .orElseThrow(() -> Problem.invalid("priority", "must be high, normal or low").exception());
  }
}
