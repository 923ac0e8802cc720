package io.ovation.store.embedded;

import io.ovation.store.Store.Effect;
import io.ovation.store.Store.Pin;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;

/**
 * What is pinned to streams. A key is the stream's key, a slash and the pin's name; a value its
 * offset and body. Disk thread only.
 */
final class EmbeddedPins {
  private final ExpiringMap<String> map;

  EmbeddedPins(StoreMaps maps) {
    map = maps.expiring("store.pins", ExpiryIndex.PIN);
  }

  void put(String stream, Effect effect, long offset, byte[] body, long now) {
    byte[] value = ByteBuffer.allocate(Long.BYTES + body.length).putLong(offset).put(body).array();
    map.put(stream + "/" + effect.id(), now + effect.ttlMs(), value);
    if (!removeOldest(stream, effect.owner(), effect.mostOfOwner(), now)) {
      removeOldest(stream, effect.id().substring(0, 1), effect.most(), now);
    }
  }

  /** Keeps the newest of the pins whose names begin so; returns false if no other had to go. */
  private boolean removeOldest(String stream, String prefix, int most, long now) {
    if (prefix.isEmpty() || keys(stream, prefix).size() <= most) {
      return false;
    }
    List<Pin> group = new ArrayList<>(read(stream, prefix, now));
    group.sort(Comparator.comparingLong(Pin::offset));
    List<Pin> over = group.subList(0, Math.max(0, group.size() - most));
    over.forEach(pin -> remove(stream, pin.name()));
    return !over.isEmpty();
  }

  /** Returns false if there is no pin of that name. */
  boolean remove(String stream, String name) {
    return map.map().remove(stream + "/" + name) != null;
  }

  /** Returns false if there is no pin whose name begins so. */
  boolean removeAll(String stream, String prefix) {
    List<String> keys = keys(stream, prefix);
    keys.forEach(map.map()::remove);
    return !keys.isEmpty();
  }

  List<Pin> of(String stream, long now) {
    return read(stream, "", now);
  }

  /** How many have the owner of the name, beside the one of that name. */
  long others(String stream, String name, long now) {
    return read(stream, Effect.owner(name), now).stream()
        .filter(pin -> !pin.name().equals(name))
        .count();
  }

  private List<Pin> read(String stream, String prefix, long now) {
    List<Pin> pins = new ArrayList<>();
    for (String key : keys(stream, prefix)) {
      ByteBuffer value = map.get(key, now);
      if (value != null) {
        long left = ExpiringMap.expiry(value) - now;
        long offset = value.getLong();
        byte[] body = new byte[value.remaining()];
        value.get(body);
        pins.add(new Pin(key.substring(stream.length() + 1), offset, left, body));
      }
    }
    return pins;
  }

  private List<String> keys(String stream, String prefix) {
    List<String> keys = new ArrayList<>();
    String start = stream + "/" + prefix;
    Iterator<String> iterator = map.map().keyIterator(start);
    while (iterator.hasNext()) {
      String key = iterator.next();
      if (!key.startsWith(start)) {
        break;
      }
      keys.add(key);
    }
    return keys;
  }
}
