package io.ovation.stage;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;

/**
 * Random ids: 128 bits as 22 characters of URL-safe base 64 (RFC 4648, section 5). They can't be
 * guessed, so that nobody can use up a comment's id before it comes. Any thread; never blocks.
 */
public final class RandomIds {
  private static final int BYTES = 16;

  /** Ids per call of the generator: each call costs a lock and a digest. */
  private static final int IDS_AT_ONCE = 128;

  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final ThreadLocal<RandomIds> OF_THREAD = ThreadLocal.withInitial(RandomIds::new);

  private final byte[] pool = new byte[BYTES * IDS_AT_ONCE];
  private int used = pool.length;

  private RandomIds() {}

  public static String next() {
    return OF_THREAD.get().take();
  }

  private String take() {
    if (used == pool.length) {
      RANDOM.nextBytes(pool);
      used = 0;
    }
    byte[] id = Arrays.copyOfRange(pool, used, used + BYTES);
    used += BYTES;
    return ENCODER.encodeToString(id);
  }
}
