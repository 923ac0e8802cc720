package io.ovation.auth;

import io.ovation.async.InFlightLimiter;
import io.ovation.auth.TokenMetrics.Refusal;
import io.ovation.config.Config;
import io.ovation.http.body.StrictJsonReader;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.metrics.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.ext.auth.NoSuchKeyIdException;
import io.vertx.ext.auth.authentication.TokenCredentials;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks JSON Web Tokens (RFC 7519, 8725): form, algorithm, signature, then claims. Valid tokens
 * are remembered until their keys change, so that a back end's token costs one signature check.
 * Signatures of public keys are checked on threads of their own: one of ES256 or EdDSA takes more
 * than a millisecond, and anybody can send as many as they like. Any thread.
 */
public final class JwtVerifier implements TokenVerifier {
  private static final int MAX_LENGTH = 8 * 1024;
  private static final int REMEMBERED = 1_000;

  /** Tokens that may wait for keys to be fetched. */
  private static final int MAX_WAITING = 1_000;

  /** Signatures that may wait for a thread. */
  private static final int MAX_CHECKS = 2_000;

  /** Keys that one token is checked with. */
  private static final int MAX_CANDIDATES = 4;

  static final String WORKERS = "ovation-tokens";
  static final int THREADS = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);

  private static final int RETRY_SECONDS = 2;
  private static final Set<String> ALGORITHMS = Set.of("HS256", "RS256", "ES256", "EdDSA");

  private final KeyStore store;
  private final TokenClaims claims;
  private final TokenMetrics metrics;
  private final WorkerExecutor workers;
  private final InFlightLimiter waiting = new InFlightLimiter(MAX_WAITING);
  private final InFlightLimiter checks = new InFlightLimiter(MAX_CHECKS);

  /** Valid token → its caller, least recently used first; of {@code rememberedKeys} only. */
  private final Map<String, Caller> remembered =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Caller> eldest) {
          return size() > REMEMBERED;
        }
      };

  private @Nullable KeySet rememberedKeys;

  private JwtVerifier(
      WorkerExecutor workers, KeyStore store, TokenClaims claims, TokenMetrics metrics) {
    this.workers = workers;
    this.store = store;
    this.claims = claims;
    this.metrics = metrics;
  }

  /**
   * Reads the keys. Fails if {@code auth.jwks} is a file that can't be read; a URL that does not
   * answer is tried again, and until then tokens are refused with 503.
   */
  public static Future<TokenVerifier> open(
      Vertx vertx, Config.Auth config, InstantSource clock, Metrics metrics) {
    TokenMetrics counts = new TokenMetrics(metrics);
    KeyStore store = new KeyStore(vertx, config, counts, System::nanoTime);
    TokenClaims claims = new TokenClaims(config, clock);
    return store
        .start()
        .recover(cause -> store.isUrl() ? Future.succeededFuture() : Future.failedFuture(cause))
        .map(
            new JwtVerifier(
                vertx.createSharedWorkerExecutor(WORKERS, THREADS), store, claims, counts));
  }

  @Override
  public Future<Caller> verify(String token) {
    try {
      return check(token, true);
    } catch (TokenRefused e) {
      return refuse(e.reason, e.getMessage());
    } catch (ProblemException e) {
      return refuse(Refusal.MALFORMED, "it is not a JSON Web Token");
    }
  }

  private Future<Caller> check(String token, boolean mayFetch) {
    if (token.length() > MAX_LENGTH) {
      throw new TokenRefused(Refusal.SIZE, "it is longer than " + MAX_LENGTH + " bytes");
    }
    KeySet keys = store.keys();
    if (keys == null) {
      metrics.refused(Refusal.NO_KEYS);
      String detail = "auth.jwks could not be read yet, so no token can be checked; retry in 2 s";
      return Future.failedFuture(Problem.unavailable(detail, RETRY_SECONDS).exception());
    }
    Caller known = recall(keys, token);
    if (known != null) {
      claims.checkTime(known);
      metrics.accepted();
      return Future.succeededFuture(known);
    }
    String[] parts = token.split("\\.", -1);
    if (parts.length != 3) {
      throw new TokenRefused(Refusal.MALFORMED, "it has not three parts");
    }
    Map<String, @Nullable Object> header = json(parts[0]);
    String algorithm = algorithm(header);
    Map<String, @Nullable Object> payload = json(parts[1]);
    TokenClaims.checkTypes(payload);
    decode(parts[2]);
    Future<?> signature =
        signature(keys, algorithm, candidates(keys, algorithm, header.get("kid")), token);
    if (signature.isComplete()) {
      return checked(keys, token, payload, signature, mayFetch);
    }
    return signature.transform(done -> guarded(keys, token, payload, signature, mayFetch));
  }

  /** Completes at once if the key is a secret, or if there is no key. */
  private Future<?> signature(KeySet keys, String algorithm, long candidates, String token) {
    TokenCredentials credentials = new TokenCredentials(token);
    metrics.signatures(candidates);
    if (candidates == 0) {
      return Future.failedFuture(new NoSuchKeyIdException(algorithm));
    }
    if (algorithm.equals("HS256")) {
      return keys.signatures().authenticate(credentials);
    }
    if (!checks.take()) {
      metrics.refused(Refusal.BUSY);
      String detail = MAX_CHECKS + " tokens wait to be checked, so this one was not; retry in 2 s";
      return Future.failedFuture(Problem.unavailable(detail, RETRY_SECONDS).exception());
    }
    return workers
        .<Future<?>>executeBlocking(() -> keys.signatures().authenticate(credentials), false)
        .compose(done -> done)
        .onComplete(done -> checks.giveBack());
  }

  private Future<Caller> guarded(
      KeySet keys,
      String token,
      Map<String, @Nullable Object> payload,
      Future<?> signature,
      boolean mayFetch) {
    try {
      return checked(keys, token, payload, signature, mayFetch);
    } catch (TokenRefused e) {
      return refuse(e.reason, e.getMessage());
    }
  }

  private Future<Caller> checked(
      KeySet keys,
      String token,
      Map<String, @Nullable Object> payload,
      Future<?> signature,
      boolean mayFetch) {
    if (signature.failed()) {
      if (signature.cause() instanceof ProblemException busy) {
        return Future.failedFuture(busy);
      }
      if (!(signature.cause() instanceof NoSuchKeyIdException)) {
        throw new TokenRefused(Refusal.SIGNATURE, "its signature does not fit its content");
      }
      if (mayFetch) {
        return fetchAndCheck(token);
      }
      throw new TokenRefused(
          Refusal.UNKNOWN_KEY, "this node has no key for its \"alg\" and \"kid\"");
    }
    Caller caller = claims.caller(payload);
    remember(keys, token, caller);
    metrics.accepted();
    return Future.succeededFuture(caller);
  }

  /** The key may be a new one. */
  private Future<Caller> fetchAndCheck(String token) {
    if (!waiting.take()) {
      throw new TokenRefused(Refusal.UNKNOWN_KEY, "its key is not known, and many tokens wait");
    }
    return store
        .refresh()
        .transform(
            read -> {
              waiting.giveBack();
              try {
                return check(token, false);
              } catch (TokenRefused e) {
                return refuse(e.reason, e.getMessage());
              }
            });
  }

  private static String algorithm(Map<String, @Nullable Object> header) {
    Object algorithm = header.get("alg");
    if (!(algorithm instanceof String name) || !ALGORITHMS.contains(name)) {
      throw new TokenRefused(
          Refusal.ALGORITHM, "its \"alg\" must be one of HS256, RS256, ES256, EdDSA");
    }
    if (header.containsKey("crit")) {
      throw new TokenRefused(Refusal.ALGORITHM, "its \"crit\" demands what is not supported");
    }
    return name;
  }

  /** A token that names no key would be checked with each, which takes long with many of them. */
  private static long candidates(KeySet keys, String algorithm, @Nullable Object id) {
    if (id != null && !(id instanceof String)) {
      throw new TokenRefused(Refusal.MALFORMED, "its \"kid\" is not a string");
    }
    long candidates = keys.candidates(algorithm, (String) id);
    if (candidates > MAX_CANDIDATES) {
      throw new TokenRefused(
          Refusal.UNKNOWN_KEY,
          "more than " + MAX_CANDIDATES + " keys could have signed it: it must name one (\"kid\")");
    }
    return candidates;
  }

  private static Map<String, @Nullable Object> json(String part) {
    byte[] bytes = decode(part);
    return StrictJsonReader.object(bytes, MAX_LENGTH);
  }

  private static byte[] decode(String part) {
    try {
      return Base64.getUrlDecoder().decode(part);
    } catch (IllegalArgumentException e) {
      throw new TokenRefused(Refusal.MALFORMED, "it is not base64url");
    }
  }

  private <T> Future<T> refuse(Refusal reason, @Nullable String why) {
    metrics.refused(reason);
    return Future.failedFuture(
        TokenVerifier.unauthorized("token: " + Objects.requireNonNull(why) + "; get a new one")
            .exception());
  }

  private synchronized @Nullable Caller recall(KeySet keys, String token) {
    return keys == rememberedKeys ? remembered.get(token) : null;
  }

  private synchronized void remember(KeySet keys, String token, Caller caller) {
    if (keys != rememberedKeys) {
      remembered.clear();
      rememberedKeys = keys;
    }
    remembered.put(token, caller);
  }
}
