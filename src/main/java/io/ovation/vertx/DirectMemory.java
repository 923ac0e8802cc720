package io.ovation.vertx;

import io.netty.util.internal.PlatformDependent;

/** How much direct memory Netty holds. Any thread. */
public final class DirectMemory {
  /** The rest is for what is not a viewer's: requests, the queue, the store, other nodes. */
  private static final double SHORT = 0.8;

  private DirectMemory() {}

  /** Bytes; -1 if Netty does not count them. */
  public static long used() {
    return PlatformDependent.usedDirectMemory();
  }

  /** Bytes at which an allocation fails. */
  public static long max() {
    return PlatformDependent.maxDirectMemory();
  }

  /** Whether so much is used that slow viewers must do with less. */
  public static boolean isShort() {
    return used() > SHORT * max();
  }
}
