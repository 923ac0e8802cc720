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
import io.vertx.ext.auth.authentication.TokenCredentials;
import io.vertx.ext.auth.jwt.JWTAuth;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
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

  /** Two numbers (RFC 7518, section 3.4); the library would take them in ASN.1, too. */
  private static final int ES256_BYTES = 64;

  static final String WORKERS = "ovation-tokens";
  static final int THREADS = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);

  private static final int RETRY_SECONDS = 2;
  private static final Set<String> ALGORITHMS = Set.of("HS256", "RS256", "ES256", "EdDSA");

  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

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

  /**
   * A valid header.
   *
   * @param part as the token has it
   * @param keyId null if it names none
   */
  private record Header(String part, String algorithm, @Nullable String keyId) {}

  private volatile @Nullable Header lastHeader;

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

  /** Reads the keys once, to check them; fails also if a URL does not answer. */
  public static Future<Void> readKeys(Vertx vertx, Config.Auth config) {
    return new KeyStore(vertx, config, new TokenMetrics(new Metrics()), System::nanoTime).start();
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
      return notReadYet();
    }
    Caller known = recall(keys, token);
    if (known != null) {
      claims.checkTime(known);
      metrics.accepted();
      return Future.succeededFuture(known);
    }
    int dot = token.indexOf('.');
    int lastDot = token.lastIndexOf('.');
    if (dot < 0 || dot == lastDot || token.indexOf('.', dot + 1) != lastDot) {
      throw new TokenRefused(Refusal.MALFORMED, "it has not three parts");
    }
    Header header = header(token.substring(0, dot));
    Map<String, @Nullable Object> payload = json(token.substring(dot + 1, lastDot));
    TokenClaims.checkTypes(payload);
    byte[] signature = decode(token.substring(lastDot + 1));
    long candidates = candidates(keys, header);
    if (candidates > 0 && header.algorithm.equals("ES256") && signature.length != ES256_BYTES) {
      throw new TokenRefused(Refusal.SIGNATURE, "its signature does not have 64 bytes");
    }
    metrics.signatures(candidates);
    if (candidates == 0) {
      return unknownKey(token, mayFetch);
    }
    if (header.algorithm.equals("HS256")) {
      SharedSecret secret = Objects.requireNonNull(keys.secret());
      return checked(keys, token, payload, secret.signed(token.substring(0, lastDot), signature));
    }
    return verifyPublished(keys, token)
        .transform(
            done ->
                done.cause() instanceof ProblemException busy
                    ? Future.failedFuture(busy)
                    : guarded(() -> checked(keys, token, payload, done.succeeded())));
  }

  /** On a thread of its own. */
  private Future<?> verifyPublished(KeySet keys, String token) {
    if (!checks.take()) {
      metrics.refused(Refusal.BUSY);
      String detail = MAX_CHECKS + " tokens wait to be checked, so this one was not; retry in 2 s";
      return Future.failedFuture(Problem.unavailable(detail, RETRY_SECONDS).exception());
    }
    JWTAuth published = Objects.requireNonNull(keys.published());
    return workers
        .<Future<?>>executeBlocking(
            () -> published.authenticate(new TokenCredentials(token)), false)
        .compose(done -> done)
        .onComplete(done -> checks.giveBack());
  }

  private Future<Caller> guarded(Supplier<Future<Caller>> check) {
    try {
      return check.get();
    } catch (TokenRefused e) {
      return refuse(e.reason, e.getMessage());
    }
  }

  private Future<Caller> checked(
      KeySet keys, String token, Map<String, @Nullable Object> payload, boolean signed) {
    if (!signed) {
      throw new TokenRefused(Refusal.SIGNATURE, "its signature does not fit its content");
    }
    Caller caller = claims.caller(payload);
    remember(keys, token, caller);
    metrics.accepted();
    return Future.succeededFuture(caller);
  }

  private Future<Caller> notReadYet() {
    metrics.refused(Refusal.NO_KEYS);
    String detail = "auth.jwks could not be read yet, so it can't be checked; retry in 2 s";
    return Future.failedFuture(Problem.unavailable("token: " + detail, RETRY_SECONDS).exception());
  }

  /** The key may be a new one. */
  private Future<Caller> unknownKey(String token, boolean mayFetch) {
    if (!mayFetch && !store.isRead()) {
      return notReadYet();
    }
    if (!mayFetch) {
      throw new TokenRefused(
          Refusal.UNKNOWN_KEY, "this node has no key for its \"alg\" and \"kid\"");
    }
    if (!waiting.take()) {
      throw new TokenRefused(Refusal.UNKNOWN_KEY, "its key is not known, and many tokens wait");
    }
    return store
        .refresh()
        .transform(
            read -> {
              waiting.giveBack();
              return guarded(() -> check(token, false));
            });
  }

  /** The same for almost all tokens, so the last one is kept. */
  private Header header(String part) {
    Header last = lastHeader;
    if (last != null && last.part.equals(part)) {
      return last;
    }
    Map<String, @Nullable Object> header = json(part);
    String algorithm = algorithm(header);
    Object id = header.get("kid");
    if (id != null && !(id instanceof String)) {
      throw new TokenRefused(Refusal.MALFORMED, "its \"kid\" is not a string");
    }
    Header read = new Header(part, algorithm, (String) id);
    lastHeader = read;
    return read;
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
  private static long candidates(KeySet keys, Header header) {
    long candidates = keys.candidates(header.algorithm, header.keyId);
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

  /** Strictly: the decoder ignores padding and what the last letter has too much. */
  private static byte[] decode(String part) {
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(part);
      if (ENCODER.encodeToString(bytes).equals(part)) {
        return bytes;
      }
    } catch (IllegalArgumentException e) {
      // Refused below.
    }
    throw new TokenRefused(Refusal.MALFORMED, "it is not base64url");
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
