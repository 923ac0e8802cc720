package io.ovation.auth;

import io.micrometer.core.instrument.Counter;
import io.ovation.metrics.Metrics;
import java.util.Map;
import java.util.Objects;

/** Counts of tokens and of the fetches of their keys. */
final class TokenMetrics {
  /** Why a token was refused. */
  enum Refusal {
    SIZE,
    MALFORMED,
    ALGORITHM,
    SIGNATURE,
    UNKNOWN_KEY,
    NO_KEYS,
    BUSY,
    EXPIRED,
    EARLY,
    ISSUER,
    AUDIENCE,
    CLAIMS
  }

  private final Counter accepted;
  private final Map<Refusal, Counter> refused;
  private final Counter signatures;
  final Counter fetched;
  final Counter fetchFailed;

  TokenMetrics(Metrics metrics) {
    accepted = metrics.counter("ovation.auth.tokens.accepted", "tokens that were valid");
    String help = "tokens that were refused";
    refused = metrics.counters("ovation.auth.tokens.refused", help, "reason", Refusal.class);
    help = "signatures computed to check tokens: their costly part";
    signatures = metrics.counter("ovation.auth.signatures", help);
    fetched = metrics.counter("ovation.auth.keys.fetched", "reads of auth.jwks that succeeded");
    help = "reads of auth.jwks that failed; the keys of the read before stay in use";
    fetchFailed = metrics.counter("ovation.auth.keys.failed", help);
  }

  void accepted() {
    accepted.increment();
  }

  void signatures(long count) {
    signatures.increment(count);
  }

  void refused(Refusal reason) {
    Objects.requireNonNull(refused.get(reason)).increment();
  }
}
