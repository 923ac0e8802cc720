package io.ovation.supervise.watch;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * 128 bits of a name's SHA-256: a fixed size for any name, and nobody can find a name with the hash
 * of another.
 */
record NameHash(long high, long low) {

  static NameHash of(String name) {
    ByteBuffer digest = ByteBuffer.wrap(sha256().digest(name.getBytes(UTF_8)));
    return new NameHash(digest.getLong(), digest.getLong());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
