package io.ovation.disk;

import java.util.Map;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.type.DataType;
import org.jspecify.annotations.Nullable;

/** A map that only the disk thread may change, and that records each change in the undo log. */
final class UndoMap<K, V> extends MVMap<K, V> {
  private final UndoLog undo;

  private UndoMap(Map<String, Object> config, DataType<K> key, DataType<V> value, UndoLog undo) {
    super(config, key, value);
    this.undo = undo;
  }

  /** Every put, remove and replace of MVMap comes through here. */
  @Override
  public @Nullable V operate(K key, @Nullable V value, DecisionMaker<? super V> decision) {
    undo.checkThread();
    V old = super.operate(key, value, decision);
    if (undo.recording()) {
      undo.record(() -> restore(key, old));
    }
    return old;
  }

  private void restore(K key, @Nullable V old) {
    super.operate(key, old, old == null ? DecisionMaker.REMOVE : DecisionMaker.PUT);
  }

  /** Removes keys one by one, so that it can be undone. */
  @Override
  public void clear() {
    undo.checkThread();
    for (K key : keySet()) {
      remove(key);
    }
  }

  /** Builds maps with the key and value types of the caller's builder. */
  static final class Builder<K, V> extends MVMap.BasicBuilder<UndoMap<K, V>, K, V> {
    private final UndoLog undo;

    Builder(MVMap.Builder<K, V> type, UndoLog undo) {
      this.undo = undo;
      setKeyType(type.getKeyType());
      setValueType(type.getValueType());
    }

    @Override
    protected UndoMap<K, V> create(Map<String, Object> config) {
      return new UndoMap<>(config, getKeyType(), getValueType(), undo);
    }
  }
}
