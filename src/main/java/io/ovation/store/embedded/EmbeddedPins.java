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
    List<Pin> group = new ArrayList<>(read(stream, effect.id().substring(0, 1), now));
    group.sort(Comparator.comparingLong(Pin::offset));
    group
        .subList(0, Math.max(0, group.size() - effect.most()))
        .forEach(pin -> remove(stream, pin.name()));
  }

  void remove(String stream, String name) {
    map.map().remove(stream + "/" + name);
  }

  void removeAll(String stream, String prefix) {
    keys(stream, prefix).forEach(map.map()::remove);
  }

  List<Pin> of(String stream, long now) {
    return read(stream, "", now);
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
