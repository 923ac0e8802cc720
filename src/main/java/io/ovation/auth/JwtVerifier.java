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
 * are remembered until their keys change, so that a back end's token costs one signature check. Any
 * thread.
 */
public final class JwtVerifier implements TokenVerifier {
  private static final int MAX_LENGTH = 8 * 1024;
  private static final int REMEMBERED = 1_000;

  /** Tokens that may wait for keys to be fetched. */
  private static final int MAX_WAITING = 1_000;

  private static final int RETRY_SECONDS = 2;
  private static final Set<String> ALGORITHMS = Set.of("HS256", "RS256", "ES256", "EdDSA");

  private final KeyStore store;
  private final TokenClaims claims;
  private final TokenMetrics metrics;
  private final InFlightLimiter waiting = new InFlightLimiter(MAX_WAITING);

  /** Valid token → its caller, least recently used first; of {@code rememberedKeys} only. */
  private final Map<String, Caller> remembered =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Caller> eldest) {
          return size() > REMEMBERED;
        }
      };

  private @Nullable KeySet rememberedKeys;

  private JwtVerifier(KeyStore store, TokenClaims claims, TokenMetrics metrics) {
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
        .map(new JwtVerifier(store, claims, counts));
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
    checkHeader(json(parts[0]));
    Map<String, @Nullable Object> payload = json(parts[1]);
    TokenClaims.checkTypes(payload);
    decode(parts[2]);
    Future<?> signature = keys.signatures().authenticate(new TokenCredentials(token));
    if (signature.isComplete()) {
      return checked(keys, token, payload, signature, mayFetch);
    }
    return signature.transform(done -> guarded(keys, token, payload, signature, mayFetch));
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

  private static void checkHeader(Map<String, @Nullable Object> header) {
    Object algorithm = header.get("alg");
    if (!(algorithm instanceof String name) || !ALGORITHMS.contains(name)) {
      throw new TokenRefused(
          Refusal.ALGORITHM, "its \"alg\" must be one of HS256, RS256, ES256, EdDSA");
    }
    if (header.containsKey("crit")) {
      throw new TokenRefused(Refusal.ALGORITHM, "its \"crit\" demands what is not supported");
    }
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
