package io.ovation.auth;

import io.ovation.auth.TokenMetrics.Refusal;

/** Why a token is not valid. The message goes to the caller; it never has a part of the token. */
final class TokenRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  final Refusal reason;

  TokenRefused(Refusal reason, String why) {
    super(why, null, false, false);
    this.reason = reason;
  }
}
