package io.ovation.auth;

import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Makes tokens signed with {@code auth.secret} (HS256), for trying things out and for tests. */
public final class TokenSigner {
  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

  private TokenSigner() {}

  public static String sign(String secret, JsonObject claims) {
    String content = part("{\"alg\":\"HS256\",\"typ\":\"JWT\"}") + "." + part(claims.encode());
    return content + "." + ENCODER.encodeToString(new SharedSecret(secret).sign(content));
  }

  private static String part(String json) {
    return ENCODER.encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }
}
