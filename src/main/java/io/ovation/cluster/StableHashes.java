package io.ovation.cluster;

import java.nio.charset.StandardCharsets;

/** Hashes that are the same on every node and in every version. */
public final class StableHashes {
  private StableHashes() {}

  /** FNV-1a, 64 bits. */
  public static long fnv(String text) {
    long hash = 0xcbf29ce484222325L;
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ b) * 0x100000001b3L;
    }
    return hash;
  }

  /** The finaliser of SplitMix64. */
  public static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
