package io.ovation.queue;

import io.ovation.config.ConfigException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/** Assigns keys to N partitions. A changed N moves keys, so the order of their items is lost. */
public record Partitions(int count) {

  public Partitions {
    if (count < 1 || count > 4096) {
      throw new IllegalArgumentException("partitions must be 1 to 4096, not " + count);
    }
  }

  /** Keys would get other partitions, and nobody would consume those beyond. */
  public static ConfigException fewerThanBefore(String queue, int count, String beyond) {
    return new ConfigException(
        "Queue %s is declared with %d partitions, but it had more before: %s is in use. Declare at least as many as before, or a new queue."
            .formatted(queue, count, beyond));
  }

  /** {@code crc32(UTF-8 of key) mod count}. */
  public int of(String key) {
    CRC32 crc = new CRC32();
    crc.update(key.getBytes(StandardCharsets.UTF_8));
    return (int) (crc.getValue() % count);
  }
}
