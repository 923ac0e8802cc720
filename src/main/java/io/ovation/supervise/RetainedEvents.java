package io.ovation.supervise;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import io.ovation.http.body.JsonText;
import io.ovation.store.Store.Pin;
import io.ovation.wire.EventJson;
import io.ovation.wire.proto.Effect;
import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.StateUpdate;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;

/**
 * The events that a stream retains for viewers that join. They are read from the store when the
 * stream is opened and after a gap, and follow the stream's events otherwise. Shards receive them
 * as one state. Supervisor's context only.
 */
final class RetainedEvents {
  /** The first character of the pins of retained events. */
  private static final String GROUP = "r";

  private static final int OFFSET_FIELD = ",\"offset\":".length();

  private final LocalStream stream;
  private final Map<String, Retained> byName = new HashMap<>(0);
  private boolean published;

  /** Whether the store has said what it has, so that what is not here has ended. */
  private boolean loaded;

  /**
   * @param ends nanoseconds of the monotonic clock
   */
  private record Retained(long offset, long ends, byte[] body) {}

  RetainedEvents(LocalStream stream) {
    this.stream = stream;
  }

  /**
   * Takes over what the store has. Newer events that arrived meanwhile stay.
   *
   * @param at the stream's last offset when the store was asked
   */
  void load(List<Pin> pins, long at) {
    Set<String> stored = pins.stream().map(Pin::name).collect(Collectors.toSet());
    List<Retained> unseen =
        remove((name, retained) -> retained.offset() <= at && !stored.contains(name));
    for (Pin pin : pins) {
      if (pin.name().startsWith(GROUP)) {
        Retained before = byName.get(pin.name());
        put(pin.name(), pin.offset(), pin.leftMs(), pin.body());
        Retained now = byName.get(pin.name());
        if (now != null && (before == null || before.offset() < now.offset())) {
          unseen.add(now);
        }
      }
    }
    loaded = true;
    publish(lines(unseen) + list());
  }

  void apply(Event event) {
    Effect effect = event.getEffect();
    if (!effect.getId().startsWith(GROUP)) {
      return;
    }
    if (effect.getKind() == Effect.Kind.PIN) {
      put(effect.getId(), event.getOffset(), effect.getTtlMs(), EventJson.body(event));
    } else if (effect.getKind() == Effect.Kind.UNPIN) {
      byName.remove(effect.getId());
    }
    publish("");
  }

  private void put(String name, long offset, long leftMs, byte[] body) {
    Retained before = byName.get(name);
    if (before == null || before.offset() <= offset) {
      long ends = stream.nanoTime.getAsLong() + TimeUnit.MILLISECONDS.toNanos(leftMs);
      byName.put(name, new Retained(offset, ends, body));
    }
  }

  /** Removes what has ended, and tells viewers who are there. */
  void expire() {
    long now = stream.nanoTime.getAsLong();
    List<Retained> ends = remove((name, retained) -> retained.ends() - now <= 0);
    if (!ends.isEmpty()) {
      publish(lines(ends));
    }
  }

  /** Removes these and returns what tells viewers that they have ended. */
  private List<Retained> remove(BiPredicate<String, Retained> which) {
    List<Retained> ends = new ArrayList<>(0);
    byName
        .entrySet()
        .removeIf(
            entry -> {
              boolean over = which.test(entry.getKey(), entry.getValue());
              if (over) {
                ends.add(ended(entry.getValue()));
              }
              return over;
            });
    return ends;
  }

  /**
   * The event without data, as a removal is told. Its id is another one, since clients drop what
   * they have seen, and the same on every node.
   */
  private static Retained ended(Retained retained) {
    JsonObject event = new JsonObject(new String(retained.body(), UTF_8) + retained.offset() + "}");
    event.remove("offset");
    String id = event.getString("id", "") + '/' + retained.offset();
    event.put("id", UUID.nameUUIDFromBytes(id.getBytes(UTF_8)).toString()).putNull("data");
    String json = JsonText.encode(event);
    byte[] body = (json.substring(0, json.length() - 1) + ",\"offset\":").getBytes(UTF_8);
    return new Retained(retained.offset(), retained.ends(), body);
  }

  /**
   * @param unseen what viewers who are there have not received: these lines are sent to them
   */
  private void publish(String unseen) {
    // Once the store has answered, also that nothing is left: viewers who come back may have seen
    // on another node, or before the stream was opened here, what has ended since.
    if (byName.isEmpty() && !published && !loaded) {
      return;
    }
    published = true;
    stream.state(
        StateUpdate.newBuilder()
            .setStream(stream.name)
            .setKind(StateUpdate.Kind.RETAINED)
            .setJson(ByteString.copyFromUtf8(unseen))
            .setSnapshot(ByteString.copyFromUtf8(lines(byName.values()) + list()))
            .build());
  }

  private static String lines(Collection<Retained> events) {
    StringBuilder lines = new StringBuilder();
    events.stream()
        .sorted(Comparator.comparingLong(Retained::offset))
        .forEach(retained -> lines.append(line(retained)).append('\n'));
    return lines.toString();
  }

  /** The names that are left, for viewers who were away when others ended. */
  private String list() {
    if (!loaded) {
      return "";
    }
    List<String> names = byName.keySet().stream().map(name -> name.substring(1)).sorted().toList();
    JsonObject list =
        JsonObject.of("type", "retained", "stream", stream.name).put("names", new JsonArray(names));
    return JsonText.encode(list) + '\n';
  }

  /** Marked, since its offset may be below the viewer's position. */
  private static String line(Retained retained) {
    byte[] body = retained.body();
    byte[] fields = Arrays.copyOf(body, body.length - OFFSET_FIELD);
    return new String(fields, UTF_8) + ",\"retained\":true,\"offset\":" + retained.offset() + "}";
  }
}
