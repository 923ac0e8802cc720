package io.ovation.auth;

import io.ovation.http.body.InputRules;
import io.ovation.http.problem.Problem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who sends a request or watches a stream, as its token says.
 *
 * @param user the token's {@code sub}; null without a token
 * @param streams names, or prefixes that end in {@code *}
 * @param profile a JSON object that viewers receive with the caller's comments; null for none
 * @param expiresAtMs wall-clock milliseconds; {@code Long.MAX_VALUE} for a token without an end
 * @param address of the client; empty where it is not needed
 */
public record Caller(
    @Nullable String user,
    AccessRole role,
    List<String> streams,
    @Nullable String profile,
    long expiresAtMs,
    String address) {

  /** A caller without a token; its name is taken on trust. */
  public static final Caller ANONYMOUS =
      new Caller(null, AccessRole.VIEWER, List.of("*"), null, Long.MAX_VALUE, "");

  public Caller {
    streams = List.copyOf(streams);
  }

  public Caller at(String from) {
    return new Caller(user, role, streams, profile, expiresAtMs, from);
  }

  public Caller withProfile(String json) {
    return new Caller(user, role, streams, json, expiresAtMs, address);
  }

  /** Whether a valid token says who the caller is. */
  public boolean hasToken() {
    return user != null;
  }

  /**
   * Why the caller may not act as {@code needed}; null if it may.
   *
   * @param stream null for what belongs to no stream; an administrator then needs all of them
   */
  public @Nullable Problem refusal(AccessRole needed, @Nullable String stream) {
    if (!role.covers(needed)) {
      String detail = "role: the token's role is %s, and this needs %s";
      return forbidden("role", detail.formatted(role.text(), needed.text()));
    }
    if (stream != null && !covers(stream)) {
      String detail =
          "stream: the token's claim \"streams\" has neither %s nor a prefix of it with * at its"
              + " end, so this was refused";
      return forbidden("stream", detail.formatted(stream));
    }
    if (stream == null && needed == AccessRole.ADMIN && !streams.contains("*")) {
      String detail =
          "stream: this is about all streams, and the token's claim \"streams\" has not \"*\"";
      return forbidden("stream", detail);
    }
    return null;
  }

  /**
   * The user that a request acts for: the token's, or without a token the named one.
   *
   * @param named by the body
   * @throws io.ovation.http.problem.ProblemException 403 if {@code named} is not the token's user,
   *     400 if it is no user's name
   */
  public @Nullable Object actsAs(@Nullable Object named) {
    if (user == null) {
      return named;
    }
    if (named != null && !user.equals(InputRules.user(named))) {
      throw forbidden("user", "user: the token is for another user; leave it out, or name that one")
          .exception();
    }
    return user;
  }

  static Problem forbidden(String field, String detail) {
    return new Problem(403, "forbidden", field, detail);
  }

  private boolean covers(String stream) {
    for (String claim : streams) {
      if (matches(claim, stream)) {
        return true;
      }
    }
    return false;
  }

  private static boolean matches(String claim, String stream) {
    return claim.endsWith("*")
        ? stream.startsWith(claim.substring(0, claim.length() - 1))
        : claim.equals(stream);
  }
}
