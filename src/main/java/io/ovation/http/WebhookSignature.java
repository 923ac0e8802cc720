package io.ovation.http;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs requests as <a href="https://www.standardwebhooks.com">Standard Webhooks</a> specifies, for
 * which receivers find libraries: {@code v1,base64(HMAC-SHA256(secret, id.timestamp.body))}. Any
 * thread.
 */
public final class WebhookSignature {
  private static final String ALGORITHM = "HmacSHA256";

  /** What follows is a key in base 64; any other secret is used as its UTF-8 bytes. */
  private static final String BASE64_SECRET = "whsec_";

  private final SecretKeySpec key;

  /**
   * @throws IllegalArgumentException if {@code whsec_} is not followed by base 64
   */
  public WebhookSignature(String secret) {
    byte[] bytes =
        secret.startsWith(BASE64_SECRET)
            ? Base64.getDecoder().decode(secret.substring(BASE64_SECRET.length()))
            : secret.getBytes(StandardCharsets.UTF_8);
    key = new SecretKeySpec(bytes, ALGORITHM);
  }

  /** The value of {@code webhook-signature}. */
  public String of(String id, long timestampSeconds, byte[] body) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      mac.update((id + "." + timestampSeconds + ".").getBytes(StandardCharsets.UTF_8));
      return "v1," + Base64.getEncoder().encodeToString(mac.doFinal(body));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has " + ALGORITHM, e);
    }
  }
}
