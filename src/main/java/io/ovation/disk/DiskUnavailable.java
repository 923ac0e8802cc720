package io.ovation.disk;

import io.ovation.async.DependencyUnavailable;

/** The local file can't take a write now: its queue or volume is full, or the disk failed. */
public class DiskUnavailable extends DependencyUnavailable {
  private static final long serialVersionUID = 1L;

  public DiskUnavailable(String message) {
    super(message);
  }
}
