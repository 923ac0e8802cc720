package io.ovation.queue.typed;

import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A place in a distributed trace, in the format of W3C Trace Context
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
  private static final Pattern PARENT_FORMAT =
      Pattern.compile(
          "(?!ff|00.{54})[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})"
              + "(-.*)?");

  // Possessive throughout: a hostile header must not make the matcher backtrack.
  private static final String MEMBER =
      "[ \\t]*+(?:[a-z0-9][a-z0-9_*/@-]{0,255}+=[\\x20-\\x2b\\x2d-\\x3c\\x3e-\\x7e]{1,256}+)?+[ \\t]*+";
  private static final Pattern STATE_FORMAT =
      Pattern.compile(MEMBER + "(?:," + MEMBER + "){0,31}+");

  // The standard has everyone carry at least this much.
  private static final int MAX_LENGTH = 512;

  /** What the headers state; null if there is no {@code traceparent} or a malformed one. */
  public static @Nullable TraceContext of(Map<String, String> headers) {
    String parent = headers.getOrDefault(PARENT, "");
    Matcher parts = PARENT_FORMAT.matcher(parent);
    if (parent.length() > MAX_LENGTH || !parts.matches()) {
      return null;
    }
    String state = headers.getOrDefault(STATE, "");
    boolean valid =
        !state.isEmpty() && state.length() <= MAX_LENGTH && STATE_FORMAT.matcher(state).matches();
    return new TraceContext(parts.group(1), parts.group(2), parts.group(3), valid ? state : null);
  }

  /** The next span of the same trace. */
  public TraceContext child() {
    long id = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
    return new TraceContext(traceId, "%016x".formatted(id), flags, state);
  }

  /** The value of a {@code traceparent} header. */
  public String parent() {
    return "00-" + traceId + "-" + spanId + "-" + flags;
  }
}
