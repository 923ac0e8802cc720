package io.ovation.deliver.transport;

import io.ovation.deliver.EventLoopShard;
import io.ovation.deliver.Viewer;
import io.ovation.deliver.fanout.FanOutBatch;
import io.ovation.deliver.fanout.OutboundMessage;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.deliver.protocol.Transport;
import io.ovation.vertx.Contexts;
import io.vertx.core.Context;
import io.vertx.ext.web.handler.sockjs.SockJSSocket;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A viewer whose SockJS session vertx-web keeps, over xhr, eventsource and the like. The session
 * buffers without a bound, so what waits in it is counted here, in characters.
 */
final class SockJsFallbackViewer extends Viewer {
  private final EventLoopShard shard;
  private final Context context;
  private final SockJSSocket socket;
  private long waiting;
  private boolean full;

  /** Why it ends; it is closed when its client has been told, or after a while. */
  private @Nullable CloseCode last;

  /**
   * @param context the front's on the shard's loop; the session is only touched on it
   */
  SockJsFallbackViewer(EventLoopShard shard, Context context, SockJSSocket socket) {
    super(Transport.FALLBACK, shard.meters());
    this.shard = shard;
    this.context = context;
    this.socket = socket;
  }

  @Override
  public boolean writable() {
    return !full;
  }

  @Override
  public boolean crowded() {
    return waiting > shard.settings().buffer() / 4;
  }

  @Override
  public int write(FanOutBatch batch, int from, boolean states) {
    int bytes = 0;
    for (int i = from; i < batch.end(states); i++) {
      put(batch.text(i));
      bytes += batch.item(i).size();
    }
    return bytes;
  }

  @Override
  public void write(List<OutboundMessage> items) {
    items.forEach(item -> put(item.json().toStringUtf8()));
  }

  @Override
  public void send(String json) {
    if (!ending()) {
      put(json);
    }
  }

  /** The session sends its own heartbeats, and its client sends {@code ping}. */
  @Override
  public void ping() {}

  @Override
  public void end(CloseCode code) {
    if (!ending()) {
      shard.ending(this, code);
      last = code;
      closeOnceTold();
    }
  }

  @Override
  public void abort() {
    Contexts.dispatch(context, socket::close);
    shard.left(this);
  }

  private void put(String json) {
    int length = json.length();
    waiting += length;
    if (!full && waiting > shard.settings().buffer()) {
      full = true;
      writabilityChanged(shard.now());
    }
    Contexts.dispatch(
        context, () -> socket.write(json).onComplete(ignored -> shard.run(() -> gone(length))));
  }

  /** The session drops what it has not sent when it closes, and that says why it does. */
  private void closeOnceTold() {
    CloseCode code = last;
    if (code != null && waiting == 0) {
      Contexts.dispatch(context, () -> socket.close(code.code(), code.reason()));
    }
  }

  private void gone(int length) {
    waiting -= length;
    closeOnceTold();
    if (full && waiting <= shard.settings().buffer() / 2) {
      full = false;
      if (!ending()) {
        writabilityChanged(shard.now());
      }
    }
  }
}
