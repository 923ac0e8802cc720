package io.ovation.disk;

import java.util.ArrayList;
import java.util.List;

/**
 * Undoes the running mutation if it throws. MVStore itself can only roll back a whole commit, which
 * here contains other callers' changes too. Disk thread only.
 */
final class UndoLog {
  private final List<Runnable> steps = new ArrayList<>();
  private final Thread owner;
  private boolean recording;

  UndoLog(Thread owner) {
    this.owner = owner;
  }

  /** Throws unless the caller is the disk thread. */
  void checkThread() {
    if (Thread.currentThread() != owner) {
      throw new IllegalStateException(
          "A map of the disk was changed outside Disk.write: it would become durable at a random"
              + " time. Change it inside a mutation.");
    }
  }

  boolean recording() {
    return recording;
  }

  void record(Runnable step) {
    steps.add(step);
  }

  void begin() {
    steps.clear();
    recording = true;
  }

  void discard() {
    recording = false;
    steps.clear();
  }

  void rollBack() {
    recording = false;
    for (int i = steps.size() - 1; i >= 0; i--) {
      steps.get(i).run();
    }
    steps.clear();
  }
}
