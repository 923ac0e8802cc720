package io.ovation.deliver;

import io.ovation.deliver.fanout.FanOutBatch;
import io.ovation.deliver.fanout.OutboundMessage;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.deliver.transport.Transport;
import io.ovation.metrics.Metrics;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A viewer whose connection is the list of what was written to it. */
public final class FakeViewer extends Viewer {
  public static final int BUFFER = 1_000;

  public final List<String> sent = new ArrayList<>();
  public int writes;
  public int pings;
  public boolean full;
  public boolean nearlyFull;
  public boolean aborted;
  public @Nullable CloseCode closeCode;

  /** What every write throws; null while writing succeeds. */
  public @Nullable Supplier<Error> failure;

  public FakeViewer(DeliveryMetrics metrics) {
    super(Transport.WEBSOCKET, metrics);
  }

  public static DeliveryMetrics metrics() {
    return new DeliveryMetrics(new Metrics());
  }

  /** Heartbeats of 10 s, 5 s for a connection that is stuck. */
  public static DeliverySettings settings(int viewersPerTurn, int batchBytes, int pendingBytes) {
    return new DeliverySettings(
        "test",
        10_000,
        BUFFER,
        1_000,
        5_000,
        viewersPerTurn,
        batchBytes,
        pendingBytes,
        0,
        0,
        50,
        500,
        10,
        true);
  }

  /** The connection has taken all that waited. */
  public void drained(long now) {
    full = false;
    nearlyFull = false;
    writabilityChanged(now);
  }

  @Override
  public boolean writable() {
    return !full;
  }

  @Override
  public boolean nearHighWaterMark() {
    return full || nearlyFull;
  }

  @Override
  public int write(FanOutBatch batch, int from, boolean states) {
    fail();
    writes++;
    int bytes = 0;
    for (int i = from; i < batch.end(states); i++) {
      sent.add(batch.text(i));
      bytes += batch.item(i).size();
    }
    return bytes;
  }

  @Override
  public void write(List<OutboundMessage> messages) {
    fail();
    writes++;
    messages.forEach(message -> sent.add(message.json().toStringUtf8()));
  }

  @Override
  public void send(String json) {
    sent.add(json);
  }

  @Override
  public void ping() {
    fail();
    pings++;
  }

  @Override
  public void close(CloseCode code) {
    closeCode = code;
    closeBy = 0;
  }

  @Override
  public void abort() {
    aborted = true;
  }

  private void fail() {
    if (failure != null) {
      throw failure.get();
    }
  }
}
