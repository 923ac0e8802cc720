package io.ovation.deliver.transport;

import io.ovation.deliver.EventLoopShard;
import io.ovation.deliver.Viewer;
import io.ovation.deliver.fanout.FanOutBatch;
import io.ovation.deliver.fanout.OutboundMessage;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.vertx.Contexts;
import io.vertx.core.Context;
import io.vertx.ext.web.handler.sockjs.SockJSSocket;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A viewer on a SockJS session of vertx-web: xhr, eventsource and the like. The session buffers
 * without a bound, so the characters that wait in it are counted here.
 */
final class SockJsFallbackViewer extends Viewer {
  private final EventLoopShard shard;
  private final Context context;
  private final SockJSSocket socket;
  private long waiting;
  private boolean full;

  /** Why it is being closed; null while it is not. */
  private @Nullable CloseCode closeCode;

  SockJsFallbackViewer(EventLoopShard shard, Context context, SockJSSocket socket) {
    super(Transport.FALLBACK, shard.metrics);
    this.shard = shard;
    this.context = context;
    this.socket = socket;
  }

  @Override
  public boolean writable() {
    return !full;
  }

  @Override
  public boolean nearHighWaterMark() {
    return waiting > shard.settings.buffer() / 4;
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
  public void write(List<OutboundMessage> messages) {
    messages.forEach(message -> put(message.json().toStringUtf8()));
  }

  @Override
  public void send(String json) {
    if (!isClosing()) {
      put(json);
    }
  }

  /** The session sends heartbeats itself, and its client sends {@code ping}. */
  @Override
  public void ping() {}

  @Override
  public void close(CloseCode code) {
    if (!isClosing()) {
      shard.closing(this, code);
      closeCode = code;
      closeOnceSent();
    }
  }

  @Override
  public void abort() {
    Contexts.dispatch(context, socket::close);
    shard.disconnected(this);
  }

  private void put(String json) {
    int length = json.length();
    waiting += length;
    if (!full && waiting > shard.settings.buffer()) {
      full = true;
      writabilityChanged(shard.now());
    }
    Contexts.dispatch(
        context, () -> socket.write(json).onComplete(ignored -> shard.run(() -> sent(length))));
  }

  /** A session that closes drops what it has not sent, and that includes the reason. */
  private void closeOnceSent() {
    CloseCode code = closeCode;
    if (code != null && waiting == 0) {
      Contexts.dispatch(context, () -> socket.close(code.code(), code.reason()));
    }
  }

  private void sent(int length) {
    waiting -= length;
    closeOnceSent();
    if (full && waiting <= shard.settings.buffer() / 2) {
      full = false;
      if (!isClosing()) {
        writabilityChanged(shard.now());
      }
    }
  }
}
