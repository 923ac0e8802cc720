package io.ovation.http.body;

import java.util.List;
import java.util.Locale;

/**
 * Reads the lists of values with weights that clients send as {@code Accept} and {@code
 * Accept-Encoding} (RFC 9110, 12.4.2). A weight of 0 means that the value is not wanted. Several
 * headers of one name are one list.
 */
public final class AcceptedValues {
  private AcceptedValues() {}

  /** Whether the list names {@code value}; patterns with stars do not count. */
  public static boolean named(List<String> headers, String value) {
    return weight(headers, value) > 0;
  }

  /** Whether the list names {@code value}, or has a star for all that it does not name. */
  public static boolean allowed(List<String> headers, String value) {
    double weight = weight(headers, value);
    return (weight < 0 ? weight(headers, "*") : weight) > 0;
  }

  /** The weight, 0 to 1; -1 if the list does not have the value. */
  private static double weight(List<String> headers, String value) {
    double weight = -1;
    for (String item : String.join(",", headers).split(",")) {
      String[] parts = item.split(";");
      if (parts[0].strip().equalsIgnoreCase(value)) {
        weight = Math.max(weight, weight(parts));
      }
    }
    return weight;
  }

  /** A weight that can't be read means no. */
  private static double weight(String[] parts) {
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].strip().toLowerCase(Locale.ROOT);
      if (parameter.startsWith("q=")) {
        String weight = parameter.substring(2).strip();
        return weight.matches("[01](\\.[0-9]{0,3})?") ? Double.parseDouble(weight) : 0;
      }
    }
    return 1;
  }
}
