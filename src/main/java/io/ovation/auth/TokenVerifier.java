package io.ovation.auth;

import io.ovation.http.problem.Problem;
import io.vertx.core.Future;

/** Checks tokens. Any thread. */
public interface TokenVerifier {

  /** Of a node without keys: refuses every token. */
  TokenVerifier WITHOUT_KEYS =
      token ->
          Future.failedFuture(
              unauthorized(
                      "token: this node has no keys to check tokens with; set auth.secret or"
                          + " auth.jwks")
                  .exception());

  /**
   * Completes with the caller, at once unless keys have to be fetched or used; then on any thread.
   * Fails with {@code ProblemException}: 401 with the reason, or 503 while there are no keys yet.
   */
  Future<Caller> verify(String token);

  static Problem unauthorized(String detail) {
    return new Problem(401, "unauthorized", "token", detail);
  }
}
