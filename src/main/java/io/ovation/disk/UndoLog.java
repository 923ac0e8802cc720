package io.ovation.disk;

import java.util.ArrayList;
import java.util.List;

/**
 * What must be put back if the running mutation throws. MVStore itself can only roll back a whole
 * commit, which here holds other callers' changes too. Used by the disk thread alone.
 */
final class UndoLog {
  private final List<Runnable> steps = new ArrayList<>();
  private final Thread owner;
  private boolean recording;

  UndoLog(Thread owner) {
    this.owner = owner;
  }

  /** Throws unless the calling thread is the one that may change maps. */
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

  void keep() {
    recording = false;
    steps.clear();
  }

  void putBack() {
    recording = false;
    for (int i = steps.size() - 1; i >= 0; i--) {
      steps.get(i).run();
    }
    steps.clear();
  }
}
