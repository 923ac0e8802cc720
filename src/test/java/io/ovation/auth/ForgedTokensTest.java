package io.ovation.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.metrics.Metrics;
import io.ovation.testkit.TestKeys;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Hundreds of tokens that are not valid, each refused with a reason, and how much work each costs:
 * most are refused before any signature is computed, none has more than one computed, and none that
 * is signed with a public key is checked on an event loop.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ForgedTokensTest {
  private static final String SECRET = "a-secret-of-32-characters-or-more";
  private static final Instant NOW = Instant.parse("2026-05-01T12:00:00Z");
  private static final long SECONDS = NOW.getEpochSecond();
  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
  private static final List<TestKeys> KEYS =
      List.of(TestKeys.of("RS256", "r"), TestKeys.of("ES256", "e"), TestKeys.of("EdDSA", "d"));
  private static final List<TestKeys> FOREIGN =
      List.of(TestKeys.of("RS256", "r"), TestKeys.of("ES256", "e"), TestKeys.of("EdDSA", "d"));

  private final Vertx vertx = Vertx.vertx();
  private final Metrics metrics = new Metrics();
  private TokenVerifier verifier;
  private String published;

  /** What it is → the token, and what its refusal says. */
  private record Forged(String token, String why, int signatures) {}

  private final Map<String, Forged> forged = new LinkedHashMap<>();

  @BeforeAll
  void open(@TempDir Path directory) throws Exception {
    published = TestKeys.set(KEYS.toArray(TestKeys[]::new));
    Path file = Files.writeString(directory.resolve("jwks.json"), published);
    Config.Auth config =
        new Config.Auth(true, SECRET, file.toString(), "us", "viewers", Duration.ofSeconds(30));
    verifier = await(JwtVerifier.open(vertx, config, InstantSource.fixed(NOW), metrics));
  }

  @AfterAll
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private static JsonObject claims() {
    return JsonObject.of("sub", "alice", "exp", SECONDS + 60, "iss", "us", "aud", "viewers");
  }

  private static Map<String, String> valid() {
    Map<String, String> valid = new LinkedHashMap<>();
    valid.put("HS256", TokenSigner.sign(SECRET, claims()));
    KEYS.forEach(key -> valid.put(key.algorithm(), key.sign(claims())));
    return valid;
  }

  private void add(String what, String token, String why, int signatures) {
    assertThat(forged.put(what, new Forged(token, why, signatures))).as(what).isNull();
  }

  private static String part(String json) {
    return ENCODER.encodeToString(json.getBytes(UTF_8));
  }

  /** The token with another head. */
  private static String withHead(String token, String head) {
    return part(head) + token.substring(token.indexOf('.'));
  }

  private void damaged() {
    valid()
        .forEach(
            (algorithm, token) -> {
              int dot = token.lastIndexOf('.');
              for (int i = 0; i < 8; i++) {
                int at = token.length() * i / 8;
                add(algorithm + " cut at " + i + "/8", token.substring(0, at), "token: it", 1);
              }
              for (int i = 0; i < 8; i++) {
                // Within the signature: before it most changes make no JSON.
                int at = dot + 1 + (token.length() - dot - 3) * i / 8;
                char other = token.charAt(at) == 'A' ? 'B' : 'A';
                String changed = token.substring(0, at) + other + token.substring(at + 1);
                add(algorithm + " changed at " + i + "/8", changed, "signature", 1);
              }
              String content = token.substring(0, dot + 1);
              add(algorithm + " without a signature", content, "signature", 1);
              add(algorithm + " with a short one", content + "AAAA", "signature", 1);
              add(
                  algorithm + " with zeros",
                  content + "A".repeat(token.length() - dot - 1),
                  "signature",
                  1);
              add(algorithm + " with a long one", content + "A".repeat(4_000), "signature", 1);
              add(algorithm + " with a fourth part", token + ".e30", "three parts", 0);
              add(algorithm + " with five", token + ".e30.e30", "three parts", 0);
              add(algorithm + " with a blank", token + " ", "base64url", 0);
              add(algorithm + " with a line break", token + "\n", "base64url", 0);
              add(algorithm + " in standard base64", content + "+/+/", "base64url", 0);
              add(algorithm + " padded wrongly", token + "===", "base64url", 0);
              int end = token.length() - 1;
              add(algorithm + " padded", token + "=".repeat(dot - end & 3), "base64url", 0);
              // The last letter has bits that belong to no byte of the signature.
              String other = token.substring(0, end) + (char) (token.charAt(end) + 1);
              add(algorithm + " with another last letter", other, "base64url", 0);
              add(algorithm + " too long", token + "A".repeat(9_000), "longer", 0);
              add(algorithm + " far too long", token + "A".repeat(1 << 20), "longer", 0);
            });
  }

  private void ofOtherKeys() {
    for (TestKeys key : FOREIGN) {
      add(key.algorithm() + " of a foreign key", key.sign(claims()), "signature", 1);
    }
    TestKeys curve = KEYS.get(1);
    String asn1 = curve.sign("SHA256withECDSA", curve.head(), claims());
    add("ES256 with its signature in ASN.1", asn1, "signature", 0);
    add("HS256 of another secret", TokenSigner.sign(SECRET + "!", claims()), "signature", 1);
    add("HS256 of an empty file", TokenSigner.sign("\0", claims()), "signature", 1);
    // A public key is not a secret: whatever of it is used as one.
    add("the key set as the secret", TokenSigner.sign(published, claims()), "signature", 1);
    for (TestKeys key : KEYS) {
      byte[] der = key.pair().getPublic().getEncoded();
      String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
      String pem = "-----BEGIN PUBLIC KEY-----\n" + base64 + "\n-----END PUBLIC KEY-----";
      String name = key.algorithm() + "'s public key ";
      add(name + "in PEM as the secret", TokenSigner.sign(pem, claims()), "signature", 1);
      add(name + "with a line break", TokenSigner.sign(pem + "\n", claims()), "signature", 1);
      add(name + "in base64", TokenSigner.sign(base64, claims()), "signature", 1);
      add(name + "as it is", TokenSigner.sign(TestKeys.set(key), claims()), "signature", 1);
    }
  }

  private void withOtherHeads() {
    List<String> others =
        List.of("none", "None", "NONE", "nOnE", "", "HS384", "HS512", "RS384", "RS512", "PS256");
    valid()
        .forEach(
            (algorithm, token) -> {
              for (String other : others) {
                String head = JsonObject.of("alg", other).encode();
                add(algorithm + " as " + other, withHead(token, head), "\"alg\"", 0);
              }
              String none = withHead(token, "{\"alg\":\"none\"}");
              add(
                  algorithm + " as none, unsigned",
                  none.substring(0, none.lastIndexOf('.') + 1),
                  "\"alg\"",
                  0);
              valid()
                  .keySet()
                  .forEach(
                      other -> {
                        if (!other.equals(algorithm)) {
                          String head = JsonObject.of("alg", other).encode();
                          add(algorithm + " as " + other, withHead(token, head), "signature", 1);
                        }
                      });
              String alg = "{\"alg\":\"" + algorithm + "\",";
              add(
                  algorithm + " with crit",
                  withHead(token, alg + "\"crit\":[\"exp\"]}"),
                  "crit",
                  0);
              add(
                  algorithm + " with a key's number",
                  withHead(token, alg + "\"kid\":7}"),
                  "kid",
                  0);
              String path = "\"kid\":\"../../../../dev/null\"}";
              boolean secret = algorithm.equals("HS256");
              add(
                  algorithm + " with a path",
                  withHead(token, alg + path),
                  secret ? "signature" : "no key",
                  1);
              add(
                  algorithm + " with alg twice",
                  withHead(token, alg + "\"alg\":\"none\"}"),
                  "token: it",
                  1);
            });
    String secret = Objects.requireNonNull(valid().get("HS256"));
    add("a number as alg", withHead(secret, "{\"alg\":256}"), "\"alg\"", 0);
    add("no alg", withHead(secret, "{\"typ\":\"JWT\"}"), "\"alg\"", 0);
    add("a list as head", withHead(secret, "[]"), "not a JSON Web Token", 0);
    String deep = "{\"alg\":\"HS256\",\"x\":" + "[".repeat(2_000) + "]".repeat(2_000) + "}";
    add("a deep head", withHead(secret, deep), "token: it", 1);
    // Whoever brings their own key is still a stranger.
    for (TestKeys key : FOREIGN) {
      String jwk = new JsonObject(TestKeys.set(key)).getJsonArray("keys").getValue(0).toString();
      String head =
          "{\"alg\":\"" + key.algorithm() + "\",\"jwk\":" + jwk + ",\"jku\":\"http://x/\"}";
      add(key.algorithm() + " that brings its key", key.sign(head, claims()), "signature", 1);
    }
  }

  private void ofOtherClaims() {
    Object[][] changes = {
      {"exp", SECONDS - 31, "expired", 1},
      {"exp", 0, "expired", 1},
      {"exp", -1, "exp", 0},
      {"exp", "soon", "exp", 0},
      {"exp", String.valueOf(SECONDS + 60), "exp", 0},
      {"exp", SECONDS * 1_000_000, "exp", 0},
      {"exp", 1e300, "exp", 0},
      {"exp", new JsonArray(), "exp", 0},
      {"exp", true, "exp", 0},
      {"exp", null, "exp", 0}, // It would be valid for ever.
      {"nbf", SECONDS + 31, "not valid yet", 1},
      {"nbf", "now", "nbf", 0},
      {"nbf", new JsonObject(), "nbf", 0},
      {"iat", "now", "iat", 0},
      {"iss", "them", "iss", 1},
      {"iss", "US", "iss", 1},
      {"iss", JsonArray.of("us"), "iss", 1},
      {"aud", "others", "aud", 1},
      {"aud", new JsonArray(), "aud", 1},
      {"aud", JsonObject.of("viewers", true), "aud", 1},
      {"sub", "", "sub", 1},
      {"sub", " ", "sub", 1},
      {"sub", "..", "sub", 1},
      {"sub", "a\nb", "sub", 1},
      {"sub", "a\u202eb", "sub", 1},
      {"sub", "x".repeat(65), "sub", 1},
      {"sub", 7, "sub", 1},
      {"role", "root", "role", 1},
      {"role", "ADMIN", "role", 1},
      {"role", "", "role", 1},
      {"role", JsonArray.of("admin"), "role", 1},
      {"streams", "s1", "streams", 1},
      {"streams", JsonArray.of("a*b"), "streams", 1},
      {"streams", JsonArray.of("**"), "streams", 1},
      {"streams", JsonArray.of("s1/../s2"), "streams", 1},
      {"streams", JsonArray.of(7), "streams", 1},
      {"streams", new JsonArray(java.util.Collections.nCopies(101, "s")), "streams", 1},
      {"profile", "x", "profile", 1},
      {"profile", JsonObject.of("name", "x".repeat(2_000)), "profile", 1},
    };
    for (int i = 0; i < changes.length; i++) {
      Object[] change = changes[i];
      String claim = (String) change[0];
      JsonObject claims = claims().put(claim, change[1]);
      String token = TokenSigner.sign(SECRET, claims);
      add(i + ": " + claim, token, (String) change[2], (int) change[3]);
    }
    add("no sub", TokenSigner.sign(SECRET, without("sub")), "sub", 1);
    add("no iss", TokenSigner.sign(SECRET, without("iss")), "iss", 1);
    add("no aud", TokenSigner.sign(SECRET, without("aud")), "aud", 1);
  }

  private static JsonObject without(String claim) {
    JsonObject claims = claims();
    claims.remove(claim);
    return claims;
  }

  private double signatures() {
    return metrics
        .scrape()
        .lines()
        .filter(line -> line.startsWith("ovation_auth_signatures_total "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' ') + 1)))
        .sum();
  }

  @Test
  void eachIsRefusedWithAReasonAfterAtMostOneSignature() throws Exception {
    for (String token : valid().values()) {
      assertThat(await(verifier.verify(token)).user()).isEqualTo("alice");
    }
    for (String nothing : List.of("", ".", "..", "...", "x", "a.b.c", "!.!.!", "e30.e30.e30")) {
      add("<" + nothing + ">", nothing, "token: it", 0);
    }
    damaged();
    ofOtherKeys();
    withOtherHeads();
    ofOtherClaims();
    assertThat(forged).hasSizeGreaterThan(200);
    for (Map.Entry<String, Forged> entry : forged.entrySet()) {
      String what = entry.getKey();
      Forged forgery = entry.getValue();
      double before = signatures();
      Problem refusal = refusal(verifier.verify(forgery.token));
      assertThat(refusal.status()).as(what).isEqualTo(401);
      assertThat(refusal.detail()).as(what).contains(forgery.why).startsWith("token: ");
      assertThat(refusal.detail().length()).as(what).isLessThan(150);
      assertThat(signatures() - before).as(what).isLessThanOrEqualTo(forgery.signatures);
    }
  }

  /** One takes more than a millisecond, and anybody can send them. */
  @Test
  void signaturesOfPublicKeysAreNotCheckedOnAnEventLoop() throws Exception {
    CountDownLatch checked = new CountDownLatch(1);
    WorkerExecutor workers =
        vertx.createSharedWorkerExecutor(JwtVerifier.WORKERS, JwtVerifier.THREADS);
    for (int i = 0; i < JwtVerifier.THREADS; i++) {
      var unused = workers.executeBlocking(() -> checked.await(10, TimeUnit.SECONDS), false);
    }
    try {
      for (TestKeys key : KEYS) {
        // One that was verified before is remembered.
        String token = key.sign(claims().put("jti", "new"));
        CompletableFuture<Boolean> atOnce = new CompletableFuture<>();
        vertx.runOnContext(v -> atOnce.complete(verifier.verify(token).isComplete()));
        assertThat(atOnce.get(10, TimeUnit.SECONDS)).as(key.algorithm()).isFalse();
      }
    } finally {
      checked.countDown();
      await(workers.close());
    }
  }

  @Test
  void aTokenThatNamesNoKeyIsCheckedWithAFewAndNotWithMany(@TempDir Path directory)
      throws Exception {
    TestKeys[] many = new TestKeys[5];
    for (int i = 0; i < many.length; i++) {
      many[i] = TestKeys.of("EdDSA", "k" + i);
    }
    Path file = Files.writeString(directory.resolve("jwks.json"), TestKeys.set(many));
    Config.Auth config = new Config.Auth(true, "", file.toString(), "", "", Duration.ofSeconds(30));
    TokenVerifier several =
        await(JwtVerifier.open(vertx, config, InstantSource.fixed(NOW), new Metrics()));
    assertThat(await(several.verify(many[4].sign(claims()))).user()).isEqualTo("alice");
    String unnamed = many[4].sign("{\"alg\":\"EdDSA\"}", claims());
    assertThat(refusal(several.verify(unnamed)).detail()).contains("kid");
    Files.writeString(file, TestKeys.set(many[1], many[2], many[3], many[4]));
    TokenVerifier few =
        await(JwtVerifier.open(vertx, config, InstantSource.fixed(NOW), new Metrics()));
    assertThat(await(few.verify(unnamed)).user()).isEqualTo("alice");
  }

  private static Problem refusal(Future<Caller> verified) throws Exception {
    try {
      throw new AssertionError("accepted: " + await(verified));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ProblemException refused) {
        return refused.problem();
      }
      throw new AssertionError(e);
    }
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }
}
