package io.ovation.queue.typed;

import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A place in a distributed trace, as W3C Trace Context writes it
 * (https://www.w3.org/TR/trace-context/). Immutable.
 *
 * @param traceId 32 hex digits, not all zero
 * @param spanId 16 hex digits, not all zero
 * @param flags 2 hex digits; 01 is sampled
 * @param state the {@code tracestate}, or null
 */
public record TraceContext(String traceId, String spanId, String flags, @Nullable String state) {
  public static final String PARENT = "traceparent";
  public static final String STATE = "tracestate";

  // Version ff is forbidden; a later version than 00 may append fields.
  private static final Pattern FORMAT =
      Pattern.compile("(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?");
  private static final String NO_TRACE = "0".repeat(32);
  private static final String NO_SPAN = "0".repeat(16);

  // What the standard has everyone carry: at least 512 characters, at most 32 members.
  private static final int LONGEST = 512;
  private static final int MOST_MEMBERS = 32;
  private static final Pattern MEMBER =
      Pattern.compile("[a-z0-9][a-z0-9_*/@-]{0,255}=[\\x20-\\x2b\\x2d-\\x3c\\x3e-\\x7e]{1,256}");

  /** What the headers say; null if there is no {@code traceparent} or a malformed one. */
  public static @Nullable TraceContext of(Map<String, String> headers) {
    String parent = headers.get(PARENT);
    if (parent == null || parent.length() > LONGEST) {
      return null;
    }
    Matcher parts = FORMAT.matcher(parent);
    if (!parts.matches()
        || (parts.group(1).equals("00") && parts.group(5) != null)
        || parts.group(2).equals(NO_TRACE)
        || parts.group(3).equals(NO_SPAN)) {
      return null;
    }
    return new TraceContext(
        parts.group(2), parts.group(3), parts.group(4), state(headers.get(STATE)));
  }

  private static @Nullable String state(@Nullable String text) {
    if (text == null || text.isEmpty() || text.length() > LONGEST) {
      return null;
    }
    String[] members = text.split(",", -1);
    if (members.length > MOST_MEMBERS) {
      return null;
    }
    for (String member : members) {
      if (!member.isBlank() && !MEMBER.matcher(member.strip()).matches()) {
        return null;
      }
    }
    return text;
  }

  /** The next span of the same trace. */
  public TraceContext child() {
    long id;
    do {
      id = ThreadLocalRandom.current().nextLong();
    } while (id == 0);
    return new TraceContext(traceId, "%016x".formatted(id), flags, state);
  }

  /** The value of a {@code traceparent} header. */
  public String parent() {
    return "00-" + traceId + "-" + spanId + "-" + flags;
  }
}
