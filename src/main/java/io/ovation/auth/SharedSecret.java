package io.ovation.auth;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * {@code auth.secret}, which signs by HS256 (RFC 7515, A.1) and nothing else. Tokens come with each
 * viewer and each comment, so a thread keeps its prepared MAC. Any thread.
 */
final class SharedSecret {
  private static final String MAC = "HmacSHA256";

  private final ThreadLocal<Mac> macs;

  SharedSecret(String secret) {
    SecretKeySpec key = new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), MAC);
    this.macs = ThreadLocal.withInitial(() -> mac(key));
  }

  byte[] sign(String content) {
    return macs.get().doFinal(content.getBytes(StandardCharsets.US_ASCII));
  }

  /** Takes the same time wherever the signature differs. */
  boolean signed(String content, byte[] signature) {
    return MessageDigest.isEqual(sign(content), signature);
  }

  private static Mac mac(SecretKeySpec key) {
    try {
      Mac mac = Mac.getInstance(MAC);
      mac.init(key);
      return mac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has " + MAC, e);
    }
  }
}
