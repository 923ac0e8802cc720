package io.ovation.liveness;

import io.ovation.http.problem.Problem;
import java.math.BigInteger;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a callback says, checked.
 *
 * @param objects each once, in the order of their first mention
 */
record CallbackRequest(Set<Long> objects) {
  static final int MOST_IDS = 1_000;
  private static final String FIELD = "object_ids";

  /**
   * Reads a body: {@code {"object_ids":[1,2,3]}}.
   *
   * @throws io.ovation.http.problem.ProblemException naming the field at fault, with the place in
   *     the list
   */
  static CallbackRequest of(Map<String, @Nullable Object> body) {
    Object value = body.get(FIELD);
    if (!(value instanceof List<?> ids)) {
      String why = body.containsKey(FIELD) ? "must be a list of integers" : "is missing";
      throw Problem.invalid(FIELD, why).exception();
    }
    if (ids.size() > MOST_IDS) {
      throw Problem.invalid(
              FIELD,
              "has %d ids, at most %d are taken at a time; none of these was. Send several callbacks"
                  .formatted(ids.size(), MOST_IDS))
          .exception();
    }
    Set<Long> objects = new LinkedHashSet<>(2 * ids.size());
    for (int i = 0; i < ids.size(); i++) {
      Object id = ids.get(i);
      if (!(id instanceof Long number)) {
        throw Problem.invalid(FIELD + "[" + i + "]", fault(id)).exception();
      }
      objects.add(number);
    }
    return new CallbackRequest(objects);
  }

  private static String fault(@Nullable Object id) {
    return id instanceof BigInteger
        ? "does not fit into 64 bits with a sign"
        : "must be an integer, without quotes, fraction or exponent";
  }
}
