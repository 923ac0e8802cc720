package io.ovation.disk;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.type.DataType;
import org.jspecify.annotations.Nullable;

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

  /** Builds maps that record their changes here, with the key and value types of {@code type}. */
  <K, V> MVMap.MapBuilder<UndoMap<K, V>, K, V> mapBuilder(MVMap.Builder<K, V> type) {
    return new MVMap.BasicBuilder<UndoMap<K, V>, K, V>() {
      @Override
      protected UndoMap<K, V> create(Map<String, Object> config) {
        return new UndoMap<>(config, getKeyType(), getValueType());
      }
    }.keyType(type.getKeyType()).valueType(type.getValueType());
  }

  /** A map that only the disk thread may change. */
  private final class UndoMap<K, V> extends MVMap<K, V> {
    private UndoMap(Map<String, Object> config, DataType<K> key, DataType<V> value) {
      super(config, key, value);
    }

    private void checkThread() {
      if (Thread.currentThread() != owner) {
        throw new IllegalStateException(
            "A map of the disk was changed outside Disk.write: it would become durable at a random"
                + " time. Change it inside a mutation.");
      }
    }

    /** Every put, remove and replace of MVMap comes through here. */
    @Override
    public @Nullable V operate(K key, @Nullable V value, DecisionMaker<? super V> decision) {
      checkThread();
      V old = super.operate(key, value, decision);
      if (recording) {
        steps.add(() -> restore(key, old));
      }
      return old;
    }

    private void restore(K key, @Nullable V old) {
      super.operate(key, old, old == null ? DecisionMaker.REMOVE : DecisionMaker.PUT);
    }

    /** Removes keys one by one, so that it can be undone. */
    @Override
    public void clear() {
      checkThread();
      for (K key : keySet()) {
        remove(key);
      }
    }
  }
}
