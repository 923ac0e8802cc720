package io.ovation.auth;

import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.auth.JWTOptions;
import io.vertx.ext.auth.NoSuchKeyIdException;
import io.vertx.ext.auth.authentication.TokenCredentials;
import io.vertx.ext.auth.jwt.JWTAuth;
import io.vertx.ext.auth.jwt.JWTAuthOptions;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys that signatures are checked with. Each key is bound to the one algorithm of its kind, so
 * that a token can't choose how a key is used: a public key never serves as a secret.
 *
 * @param published checks signatures of public keys; null if there are none
 * @param secret {@code auth.secret}; null if there is none
 * @param names the public keys
 */
record KeySet(@Nullable JWTAuth published, @Nullable SharedSecret secret, List<Name> names) {
  /**
   * What tokens name a key by.
   *
   * @param id null for a key without one, which every token of its algorithm is checked with
   */
  record Name(String algorithm, @Nullable String id) {}

  private static final Logger log = LoggerFactory.getLogger(KeySet.class);

  /** Of a key's type and, for curves, its curve; a symmetric key in a set is ignored. */
  private static final Map<String, String> ALGORITHMS =
      Map.of("RSA", "RS256", "EC P-256", "ES256", "OKP Ed25519", "EdDSA");

  private static final int MAX_KEYS = 100;

  /** Below 2048 bits an RSA key can be broken (NIST SP 800-131A). */
  private static final int MIN_MODULUS_BYTES = 256;

  /**
   * Reads keys; blocks for some milliseconds.
   *
   * @param secret {@code auth.secret}; empty for none
   * @param jwks a JSON Web Key Set (RFC 7517); null for none
   * @throws RuntimeException if {@code jwks} is not one, or has no key that can be used
   */
  static KeySet of(Vertx vertx, String secret, @Nullable String jwks) {
    List<JsonObject> published = jwks == null ? List.of() : usable(vertx, new JsonObject(jwks));
    if (jwks != null && published.isEmpty()) {
      throw new IllegalArgumentException(
          "it has no key for RS256 (2048 bits or more), ES256 or EdDSA");
    }
    return new KeySet(
        // Without any key the library takes unsigned tokens.
        published.isEmpty() ? null : auth(vertx, published),
        secret.isEmpty() ? null : new SharedSecret(secret),
        published.stream()
            .map(key -> new Name(key.getString("alg"), key.getString("kid")))
            .toList());
  }

  /**
   * With how many keys a token is checked until one fits: each costs time.
   *
   * @param id the token's {@code kid}; null if it names none
   */
  long candidates(String algorithm, @Nullable String id) {
    if (algorithm.equals("HS256")) {
      return secret == null ? 0 : 1;
    }
    return names.stream()
        .filter(key -> key.algorithm.equals(algorithm))
        .filter(key -> id == null || key.id == null || key.id.equals(id))
        .count();
  }

  private static List<JsonObject> usable(Vertx vertx, JsonObject jwks) {
    JsonArray keys = jwks.getJsonArray("keys", new JsonArray());
    return keys.stream()
        .limit(MAX_KEYS)
        .filter(JsonObject.class::isInstance)
        .map(JsonObject.class::cast)
        .flatMap(key -> bound(vertx, key))
        .toList();
  }

  /** The key for its algorithm; empty if it can't be used. */
  private static Stream<JsonObject> bound(Vertx vertx, JsonObject key) {
    try {
      String type = key.getString("kty", "");
      String algorithm =
          ALGORITHMS.get(type.equals("RSA") ? type : type + " " + key.getString("crv", ""));
      if (algorithm == null
          || "enc".equals(key.getString("use"))
          || !algorithm.equals(key.getString("alg", algorithm))
          || (type.equals("RSA") && modulusBytes(key) < MIN_MODULUS_BYTES)) {
        return Stream.empty();
      }
      // Only the public half: a set that holds more must not make this node able to sign.
      JsonObject own = new JsonObject().put("alg", algorithm);
      for (String field : List.of("kty", "kid", "crv", "x", "y", "n", "e")) {
        if (key.containsKey(field)) {
          own.put(field, key.getString(field));
        }
      }
      requireUsable(vertx, own, algorithm);
      return Stream.of(own);
    } catch (RuntimeException e) {
      log.warn("a key of auth.jwks can't be read and is left out: {}", e.getMessage());
      return Stream.empty();
    }
  }

  /** The library logs a key that it can't read and goes on without it. */
  private static void requireUsable(Vertx vertx, JsonObject key, String algorithm) {
    String head = JsonObject.of("alg", algorithm).encode();
    String token =
        Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(head.getBytes(StandardCharsets.UTF_8))
            + ".e30.AAAA";
    Throwable refusal = auth(vertx, List.of(key)).authenticate(new TokenCredentials(token)).cause();
    if (refusal instanceof NoSuchKeyIdException || refusal instanceof IllegalStateException) {
      throw new IllegalArgumentException("it is not a key for " + algorithm);
    }
  }

  private static int modulusBytes(JsonObject key) {
    byte[] modulus = Base64.getUrlDecoder().decode(key.getString("n"));
    return modulus.length - (modulus.length > 0 && modulus[0] == 0 ? 1 : 0);
  }

  /** The claims are checked by {@link JwtVerifier}, which says why it refuses. */
  private static JWTAuth auth(Vertx vertx, List<JsonObject> keys) {
    JWTAuthOptions options =
        new JWTAuthOptions().setJWTOptions(new JWTOptions().setIgnoreExpiration(true));
    keys.forEach(options::addJwk);
    return JWTAuth.create(vertx, options);
  }
}
