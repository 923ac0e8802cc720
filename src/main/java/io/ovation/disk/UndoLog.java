package io.ovation.disk;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.type.DataType;
import org.jspecify.annotations.Nullable;

/**
 * Follows the changes of the running mutation: each goes to the redo log, and is undone if the
 * mutation throws. MVStore itself can only roll back a whole commit, which here contains other
 * callers' changes too. Disk thread only.
 */
final class UndoLog {
  private final List<Runnable> steps = new ArrayList<>();
  private final Thread owner;
  private final Checkpointer checkpoints;
  private final RedoLog redo;
  private boolean recording;
  private int begun;

  UndoLog(Thread owner, Checkpointer checkpoints) {
    this.owner = owner;
    this.checkpoints = checkpoints;
    this.redo = checkpoints.redo();
  }

  void begin() {
    begun = redo.pending();
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
    redo.cut(begun);
  }

  /** Opens a map, with what the redo log has for it. With the store's lock held. */
  <K, V> MVMap<K, V> open(MVStore store, String name, MVMap.Builder<K, V> type) {
    UndoMap<K, V> map = store.openMap(name, mapBuilder(type));
    checkpoints.apply(map, map::set);
    return map;
  }

  /** Builds maps that record their changes here, with the key and value types of {@code type}. */
  private <K, V> MVMap.MapBuilder<UndoMap<K, V>, K, V> mapBuilder(MVMap.Builder<K, V> type) {
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
      V now = decision == DecisionMaker.PUT || decision == DecisionMaker.REMOVE ? value : get(key);
      if (now == null && old == null) {
        return null;
      }
      redo.add(this, key, now);
      if (recording) {
        steps.add(() -> set(key, old));
      }
      return old;
    }

    /** Without a record of it. */
    private void set(K key, @Nullable V value) {
      super.operate(key, value, value == null ? DecisionMaker.REMOVE : DecisionMaker.PUT);
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
