package io.ovation.deliver.lifecycle;

import io.ovation.deliver.Viewer;
import java.util.Arrays;

/** A shard's connections in a dense array; what is removed leaves its place to the last. */
public final class ConnectionList {
  private Viewer[] viewers = new Viewer[16];
  private int size;

  public int size() {
    return size;
  }

  public Viewer get(int index) {
    return viewers[index];
  }

  public void add(Viewer viewer) {
    if (size == viewers.length) {
      viewers = Arrays.copyOf(viewers, size * 2);
    }
    viewer.index = size;
    viewers[size++] = viewer;
  }

  /** False when it was not there. */
  @SuppressWarnings("NullAway") // an empty place holds no viewer back from being collected
  public boolean remove(Viewer viewer) {
    int index = viewer.index;
    if (index >= size || viewers[index] != viewer) {
      return false;
    }
    Viewer moved = viewers[--size];
    viewers[index] = moved;
    moved.index = index;
    viewers[size] = null;
    if (viewers.length > 64 && size < viewers.length / 4) {
      viewers = Arrays.copyOf(viewers, viewers.length / 2);
    }
    return true;
  }
}
