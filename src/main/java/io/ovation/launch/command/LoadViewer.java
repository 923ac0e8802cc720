package io.ovation.launch.command;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import java.util.BitSet;

/** One viewer of the load generator: what it received of this run's comments. One event loop. */
final class LoadViewer {
  private final String prefix;
  private final long[] sentAt;
  private final LoadLatencies latencies;
  private final Promise<Void> watching = Promise.promise();
  private final BitSet received = new BitSet();
  private long offset;
  private long doubled;
  private long disordered;

  /**
   * @param prefix of this run's ids; a number follows
   * @param sentAt monotonic, by the comment's number
   */
  LoadViewer(String prefix, long[] sentAt, LoadLatencies latencies) {
    this.prefix = prefix;
    this.sentAt = sentAt;
    this.latencies = latencies;
  }

  /** Completes when the server has answered the watch. */
  Future<Void> watching() {
    return watching.future();
  }

  /** A frame: one message or several, one per line. */
  void receive(String frame) {
    for (String line : frame.split("\n")) {
      JsonObject message = new JsonObject(line);
      String type = message.getString("type");
      if ("comment".equals(type)) {
        comment(message);
      } else if ("watching".equals(type)) {
        watching.tryComplete();
      } else if ("error".equals(type)) {
        watching.tryFail(message.getString("code") + ": " + message.getString("detail"));
      }
    }
  }

  private void comment(JsonObject message) {
    String id = message.getString("id", "");
    if (!id.startsWith(prefix)) {
      return; // Somebody else comments on the stream too.
    }
    int number = Integer.parseInt(id.substring(prefix.length()));
    if (received.get(number)) {
      doubled++;
    } else {
      latencies.record(System.nanoTime() - sentAt[number]);
    }
    received.set(number);
    long at = message.getLong("offset");
    disordered += at <= offset ? 1 : 0;
    offset = at;
  }

  /** How many of the accepted comments it has not received. */
  long lost(boolean[] accepted) {
    long lost = 0;
    for (int number = 0; number < accepted.length; number++) {
      lost += accepted[number] && !received.get(number) ? 1 : 0;
    }
    return lost;
  }

  long doubled() {
    return doubled;
  }

  long disordered() {
    return disordered;
  }
}
