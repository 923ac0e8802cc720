package io.ovation.queue.typed.consumer;

import org.jspecify.annotations.Nullable;

/** Makes of a failure what a dead letter keeps: enough to find the line, not the whole trace. */
final class StackTraces {
  // A handler's own frames are on top; below them is the machinery that is always the same.
  private static final int FRAMES = 12;
  private static final int CAUSES = 4;

  private StackTraces() {}

  /** The failure and its causes with their topmost frames; null if there is no frame to show. */
  static @Nullable String summary(Throwable failure) {
    StringBuilder text = new StringBuilder();
    boolean framed = false;
    Throwable cause = failure;
    for (int depth = 0; cause != null && depth < CAUSES; depth++, cause = cause.getCause()) {
      text.append(depth == 0 ? "" : "caused by ").append(cause).append('\n');
      StackTraceElement[] frames = cause.getStackTrace();
      framed |= frames.length > 0;
      for (int i = 0; i < frames.length && i < FRAMES; i++) {
        text.append("  at ").append(frames[i]).append('\n');
      }
      if (frames.length > FRAMES) {
        text.append("  and ").append(frames.length - FRAMES).append(" more\n");
      }
    }
    return framed ? text.toString().stripTrailing() : null;
  }
}
