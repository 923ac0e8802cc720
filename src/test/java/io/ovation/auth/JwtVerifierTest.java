package io.ovation.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.metrics.Metrics;
import io.ovation.testkit.Await;
import io.ovation.testkit.Ports;
import io.ovation.testkit.TestKeys;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JwtVerifierTest {
  private static final String SECRET = "a-secret-of-32-characters-or-more";
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Instant NOW = Instant.parse("2026-05-01T12:00:00Z");
  private static final Vertx VERTX = Vertx.vertx();
  private static final TestKeys RSA = TestKeys.of("RS256", "rsa");

  @TempDir Path directory;

  @AfterAll
  static void close() throws Exception {
    VERTX.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"RS256", "ES256", "EdDSA"})
  void publishedKeysOfEachAlgorithmVerify(String algorithm) throws Exception {
    TestKeys key = TestKeys.of(algorithm, "k1");
    TokenVerifier verifier = verifier("", file(TestKeys.set(RSA, key)));
    Caller caller = verify(verifier, key.sign(claims()));
    assertThat(caller.user()).isEqualTo("alice");
    TestKeys foreign = TestKeys.of(algorithm, "k1");
    assertThat(refusal(verifier, foreign.sign(claims())).detail()).contains("signature");
  }

  @Test
  void theClaimsSayWhoTheCallerIsAndWhatItMay() throws Exception {
    JsonObject claims =
        claims()
            .put("role", "moderator")
            .put("streams", JsonArray.of("s1", "show-*"))
            .put("profile", JsonObject.of("name", "Alice", "secret", "x"));
    Caller caller = verify(verifier(SECRET, ""), TokenSigner.sign(SECRET, claims));
    assertThat(caller.refusal(AccessRole.MODERATOR, "show-7")).isNull();
    assertThat(caller.refusal(AccessRole.VIEWER, "s1")).isNull();
    assertThat(field(caller.refusal(AccessRole.VIEWER, "s12"))).isEqualTo("stream");
    assertThat(field(caller.refusal(AccessRole.HOST, "s1"))).isEqualTo("role");
    assertThat(field(caller.refusal(AccessRole.SERVICE, null))).isEqualTo("role");
    assertThat(caller.profile()).isEqualTo("{\"name\":\"Alice\"}");
    assertThat(caller.expiresAtMs()).isEqualTo(NOW.plusSeconds(60).toEpochMilli());
  }

  @Test
  void whateverIsNotAValidTokenIsRefusedWithAReason() throws Exception {
    String published = TestKeys.set(RSA);
    Config.Auth config =
        new Config.Auth(true, SECRET, file(published), "us", "viewers", Duration.ofSeconds(30));
    TokenVerifier verifier = verifier(config);
    JsonObject good = claims().put("iss", "us").put("aud", JsonArray.of("x", "viewers"));
    String valid = TokenSigner.sign(SECRET, good);
    assertThat(verify(verifier, valid).user()).isEqualTo("alice");
    String[] parts = valid.split("\\.");
    String rsa = RSA.sign(good);
    long now = NOW.getEpochSecond();

    Map<String, String> refused = new LinkedHashMap<>();
    refused.put("", "three parts");
    refused.put("x", "three parts");
    refused.put("a.b.c", "base64url");
    refused.put("e30x.e30.e30", "not a JSON Web Token");
    refused.put("!.!.!", "base64url");
    refused.put("x".repeat(8_193), "longer");
    refused.put(parts[0] + "." + parts[1] + ".", "signature");
    refused.put(valid.substring(0, valid.length() - 3), "signature");
    refused.put(parts[0] + "." + rsa.split("\\.")[1] + "x." + parts[2], "not a JSON Web Token");
    refused.put(head("none") + "." + parts[1] + ".", "alg");
    refused.put(head("HS512") + "." + parts[1] + "." + parts[2], "alg");
    refused.put(head("ES256") + "." + parts[1] + "." + parts[2], "no key");
    // The public key as the secret of HS256.
    refused.put(TokenSigner.sign(published, good), "signature");
    refused.put(head("RS256") + "." + parts[1] + "." + parts[2], "signature");
    refused.put(head("HS256") + "." + rsa.split("\\.")[1] + "." + rsa.split("\\.")[2], "signature");
    refused.put(sign(good.copy().put("exp", now - 31)), "expired");
    refused.put(sign(good.copy().put("exp", "soon")), "exp");
    refused.put(sign(good.copy().put("exp", now * 1_000_000)), "exp");
    refused.put(sign(good.copy().put("nbf", now + 31)), "not valid yet");
    refused.put(sign(good.copy().put("iss", "them")), "iss");
    refused.put(sign(good.copy().put("aud", "others")), "aud");
    refused.put(sign(good.copy().putNull("sub")), "sub");
    refused.put(sign(good.copy().put("sub", " ")), "sub");
    refused.put(sign(good.copy().put("role", "root")), "role");
    refused.put(sign(good.copy().put("streams", "s1")), "streams");
    refused.put(sign(good.copy().put("streams", JsonArray.of("a*b"))), "streams");
    refused.put(sign(good.copy().put("profile", "x")), "profile");
    refused.forEach(
        (token, why) -> {
          Problem problem = refusal(verifier, token);
          assertThat(problem.status()).as(token).isEqualTo(401);
          assertThat(problem.detail()).contains(why);
          if (token.length() > 10) {
            assertThat(problem.detail()).doesNotContain(token.substring(0, 10));
          }
        });
  }

  @Test
  void aRememberedTokenExpiresToo() throws Exception {
    Instant[] now = {NOW};
    Config.Auth config = config(SECRET, "");
    TokenVerifier verifier = await(JwtVerifier.open(VERTX, config, () -> now[0], new Metrics()));
    String token = sign(claims());
    verify(verifier, token);
    now[0] = NOW.plusSeconds(91);
    assertThat(refusal(verifier, token).detail()).contains("expired");
  }

  @Test
  void keysOfAFileAreReplacedWithoutARestart() throws Exception {
    Path file = directory.resolve("jwks.json");
    Files.writeString(file, TestKeys.set(RSA));
    TokenVerifier verifier = verifier("", file.toString());
    TestKeys next = TestKeys.of("EdDSA", "next");
    assertThat(refusal(verifier, next.sign(claims())).detail()).contains("no key");
    Files.writeString(file, TestKeys.set(next));
    Await.until("the new key", LIMIT, () -> verifies(verifier, next.sign(claims())));
    assertThat(refusal(verifier, RSA.sign(claims())).status()).isEqualTo(401);
    Files.writeString(file, "{\"keys\":[]}");
    assertThat(verifies(verifier, next.sign(claims()))).isTrue();
  }

  @Test
  void aKeyServerThatHangsLeavesTheKeysAndAsksForNewOnesOnce() throws Exception {
    TestKeys next = TestKeys.of("EdDSA", "next");
    String[] answer = {TestKeys.set(RSA)};
    AtomicInteger asked = new AtomicInteger();
    var server =
        await(
            VERTX
                .createHttpServer()
                .requestHandler(
                    request -> {
                      asked.incrementAndGet();
                      if (!answer[0].isEmpty()) {
                        request.response().end(answer[0]);
                      }
                    })
                .listen(0, "127.0.0.1"));
    TokenVerifier verifier = verifier("", "http://127.0.0.1:" + server.actualPort() + "/jwks.json");
    verify(verifier, RSA.sign(claims()));
    answer[0] = "";
    List<Future<Caller>> waiting = new ArrayList<>();
    Await.until(
        "a question without an answer",
        LIMIT,
        () -> {
          waiting.add(verifier.verify(next.sign(claims())));
          return !waiting.get(waiting.size() - 1).isComplete();
        });
    assertThat(verifier.verify(RSA.sign(claims())).succeeded()).isTrue();
    Await.until("it to arrive", LIMIT, () -> asked.get() > 1);
    int questions = asked.get();
    verifier.verify(next.sign(claims()));
    assertThat(asked).hasValue(questions);
    assertThat(refusal(waiting.get(waiting.size() - 1)).detail()).contains("no key");
    answer[0] = TestKeys.set(next);
    Await.until("the new key", LIMIT, () -> verifies(verifier, next.sign(claims())));
  }

  @Test
  void aKeyServerThatIsAwayAtTheStartHoldsUpNoTokenOfTheSecret() throws Exception {
    TokenVerifier verifier = verifier(SECRET, "http://127.0.0.1:" + Ports.free() + "/jwks.json");
    assertThat(verify(verifier, sign(claims())).user()).isEqualTo("alice");
    assertThat(refusal(verifier, RSA.sign(claims())).status()).isEqualTo(503);
  }

  private String file(String jwks) throws Exception {
    Path file = directory.resolve("keys" + System.nanoTime());
    Files.writeString(file, jwks);
    return file.toString();
  }

  private static JsonObject claims() {
    return JsonObject.of("sub", "alice", "exp", NOW.getEpochSecond() + 60);
  }

  private static String sign(JsonObject claims) {
    return TokenSigner.sign(SECRET, claims);
  }

  private static String head(String algorithm) {
    String json = JsonObject.of("alg", algorithm).encode();
    return Base64.getUrlEncoder().withoutPadding().encodeToString(json.getBytes(UTF_8));
  }

  private static @Nullable String field(@Nullable Problem problem) {
    assertThat(problem).isNotNull();
    return problem == null ? null : problem.field();
  }

  private static Config.Auth config(String secret, String jwks) {
    return new Config.Auth(true, secret, jwks, "", "", Duration.ofSeconds(30));
  }

  private static TokenVerifier verifier(String secret, String jwks) throws Exception {
    return verifier(config(secret, jwks));
  }

  private static TokenVerifier verifier(Config.Auth config) throws Exception {
    return await(JwtVerifier.open(VERTX, config, InstantSource.fixed(NOW), new Metrics()));
  }

  private static boolean verifies(TokenVerifier verifier, String token) {
    try {
      await(verifier.verify(token));
      return true;
    } catch (ExecutionException e) {
      return false;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static Caller verify(TokenVerifier verifier, String token) throws Exception {
    return await(verifier.verify(token));
  }

  private static Problem refusal(TokenVerifier verifier, String token) {
    return refusal(verifier.verify(token));
  }

  private static Problem refusal(Future<Caller> verified) {
    try {
      await(verified);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ProblemException refused) {
        return refused.problem();
      }
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    throw new AssertionError("accepted");
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }
}
