package io.ovation.cluster;

import java.util.OptionalLong;

/**
 * Maps objects to the streams whose liveness they stand for: object 17 to the stream named {@code
 * prefix + 17}. Any thread.
 *
 * @param prefix {@code liveness.stream_prefix}
 */
public record ObjectStreamNames(String prefix) {
  private static final int MAX_DIGITS = 20;

  public String stream(long object) {
    return prefix + object;
  }

  /** The object of a stream; empty if the stream has none. */
  public OptionalLong object(String stream) {
    int begin = prefix.length();
    int digits = stream.length() - begin;
    if (digits < 1 || digits > MAX_DIGITS || !stream.startsWith(prefix)) {
      return OptionalLong.empty();
    }
    try {
      long object = Long.parseLong(stream, begin, stream.length(), 10);
      // Neither +7 nor 007 nor -0 is the stream of an object.
      return stream(object).equals(stream) ? OptionalLong.of(object) : OptionalLong.empty();
    } catch (NumberFormatException noNumber) {
      return OptionalLong.empty();
    }
  }
}
