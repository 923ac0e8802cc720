package io.ovation.deliver.protocol;

import io.ovation.http.body.InputRules;
import io.ovation.http.body.StrictJsonReader;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A message from a viewer. Unknown fields are ignored, unknown types are refused. */
public sealed interface ClientMessage {
  /** The most comments that a viewer may ask for when it joins. */
  int MAX_LAST = 100;

  /**
   * @throws ProblemException names the invalid field; {@code message} for the whole
   */
  static ClientMessage read(byte[] json, int limit) {
    Map<String, @Nullable Object> fields = object(json, limit);
    Object type = fields.get("type");
    if (!(type instanceof String name)) {
      throw Problem.invalid("type", type == null ? "is missing" : "must be a string").exception();
    }
    return switch (name) {
      case "watch" -> watch(fields);
      case "comment" -> comment(fields);
      case "reaction" ->
          new Reaction(
              fields.get("kind"),
              InputRules.given(fields, "count"),
              InputRules.given(fields, "id"));
      case "ping" -> new Ping();
      default ->
          throw new Problem(
                  400, "unknown_type", "type", "type: must be watch, comment, reaction or ping", 0)
              .exception();
    };
  }

  private static Map<String, @Nullable Object> object(byte[] json, int limit) {
    try {
      return StrictJsonReader.object(json, limit);
    } catch (ProblemException e) {
      throw asMessage(e.problem()).exception();
    }
  }

  /** {@link StrictJsonReader} calls its input a body; here it is a message. */
  static Problem asMessage(Problem problem) {
    return "body".equals(problem.field())
        ? new Problem(
            problem.status(),
            problem.code(),
            "message",
            problem.detail().replaceFirst("^body", "message"),
            problem.retryAfterSeconds())
        : problem;
  }

  /**
   * @param fields of a {@code watch}, as they would be read from JSON
   * @throws ProblemException names the invalid field
   */
  static Watch watch(Map<String, @Nullable Object> fields) {
    String stream = InputRules.stream(fields.get("stream"));
    Object token = fields.get("token");
    if (token != null && !(token instanceof String)) {
      throw Problem.invalid("token", "must be a string").exception();
    }
    Object given = fields.get("user");
    String user = given == null && token != null ? null : InputRules.user(given);
    Object region = fields.get("region");
    if (region != null) {
      refuse("region", InputRules.userFault(region));
    }
    return new Watch(
        stream, user, since(fields), (String) region, (String) token, last(fields), at(fields));
  }

  private static Comment comment(Map<String, @Nullable Object> fields) {
    return new Comment(
        fields.get("text"),
        InputRules.given(fields, "id"),
        InputRules.given(fields, "reply_to"),
        InputRules.given(fields, "meta"));
  }

  /** Milliseconds since 1970, or -1. */
  private static long at(Map<String, @Nullable Object> fields) {
    Object at = fields.get("at");
    if (at == null) {
      return -1;
    }
    try {
      if (at instanceof String text && text.length() <= 40) {
        return Math.max(0, Instant.parse(text).toEpochMilli());
      }
    } catch (DateTimeException | ArithmeticException e) {
      throw badTime();
    }
    throw badTime();
  }

  private static ProblemException badTime() {
    String must = "must be the time of an event, as in 2026-01-31T12:00:00.000Z";
    return Problem.invalid("at", must).exception();
  }

  private static int last(Map<String, @Nullable Object> fields) {
    Object last = fields.get("last");
    if (last == null) {
      return 0;
    }
    if (!(last instanceof Long count) || count < 0 || count > MAX_LAST) {
      throw Problem.invalid("last", "must be an integer from 0 to " + MAX_LAST).exception();
    }
    return count.intValue();
  }

  private static long since(Map<String, @Nullable Object> fields) {
    Object since = fields.get("since");
    if (since == null) {
      return -1;
    }
    if (!(since instanceof Long offset) || offset < 0) {
      throw Problem.invalid("since", "must be an offset: an integer from 0").exception();
    }
    return offset;
  }

  private static void refuse(String field, @Nullable String fault) {
    if (fault != null) {
      throw Problem.invalid(field, fault).exception();
    }
  }

  /**
   * @param user null if the token names it
   * @param since the viewer's last position, or -1
   * @param region to which {@code since} belongs; null for this one
   * @param token a JWT; null for none
   * @param at of the last event that it saw in another region, in milliseconds since 1970, or -1
   * @param last how many of the newest comments a viewer without a position receives first
   */
  record Watch(
      String stream,
      @Nullable String user,
      long since,
      @Nullable String region,
      @Nullable String token,
      int last,
      long at)
      implements ClientMessage {

    public Watch(
        String stream,
        @Nullable String user,
        long since,
        @Nullable String region,
        @Nullable String token) {
      this(stream, user, since, region, token, 0);
    }

    public Watch(
        String stream,
        @Nullable String user,
        long since,
        @Nullable String region,
        @Nullable String token,
        int last) {
      this(stream, user, since, region, token, last, -1);
    }

    /** Without the token: records end up in logs. */
    @Override
    public String toString() {
      return "Watch[stream=" + stream + ", user=" + user + ", since=" + since + "]";
    }
  }

  /** Text and id are validated by the submission service, as those of every comment. */
  record Comment(
      @Nullable Object text, @Nullable Object id, @Nullable Object replyTo, @Nullable Object meta)
      implements ClientMessage {}

  /** Validated by the submission service. */
  record Reaction(@Nullable Object kind, @Nullable Object count, @Nullable Object id)
      implements ClientMessage {}

  record Ping() implements ClientMessage {}
}
