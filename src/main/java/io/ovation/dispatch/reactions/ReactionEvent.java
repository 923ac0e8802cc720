package io.ovation.dispatch.reactions;

import com.google.protobuf.ByteString;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.TreeMap;

/** The frame that viewers get for a window's reactions: encoded here, once for the cluster. */
final class ReactionEvent {
  private ReactionEvent() {}

  /**
   * @param counts what came since the last one
   * @param totals of all time
   */
  static ByteString json(String stream, Map<String, Long> counts, Map<String, Long> totals) {
    return ByteString.copyFromUtf8(
        new JsonObject()
            .put("type", "reactions")
            .put("stream", stream)
            .put("counts", object(counts))
            .put("totals", object(totals))
            .encode());
  }

  private static JsonObject object(Map<String, Long> counts) {
    JsonObject object = new JsonObject();
    new TreeMap<>(counts).forEach(object::put);
    return object;
  }
}
