package io.ovation.vertx;

import io.netty.util.internal.PlatformDependent;

/** How much direct memory Netty holds. Any thread. */
public final class DirectMemory {
  private DirectMemory() {}

  /** Bytes; -1 if Netty does not count them. */
  public static long used() {
    return PlatformDependent.usedDirectMemory();
  }

  /** Bytes at which an allocation fails. */
  public static long max() {
    return PlatformDependent.maxDirectMemory();
  }
}
