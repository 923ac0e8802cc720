package io.ovation.testkit;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A TCP proxy whose faults are verbs. Cut, it forwards nothing and closes nothing, as a network
 * that loses packets; once healed, what was on its way arrives. All verbs may be called from any
 * thread.
 */
public final class FaultProxy implements AutoCloseable {
  private final Vertx vertx;
  private final NetServer server;
  private final NetClient client;
  private final Supplier<SocketAddress> target;
  private final String host;
  private final int port;
  private final Set<Pipe> pipes = ConcurrentHashMap.newKeySet();
  private volatile boolean cut;
  private volatile long delayMs;

  /**
   * @param target asked for each connection
   */
  public FaultProxy(Vertx vertx, String host, int port, Supplier<SocketAddress> target) {
    this.vertx = vertx;
    this.host = host;
    this.port = port;
    this.target = target;
    this.client = vertx.createNetClient(new NetClientOptions().setConnectTimeout(5_000));
    this.server = vertx.createNetServer().connectHandler(this::accept);
    try {
      server.listen(port, host).await(20, TimeUnit.SECONDS);
    } catch (java.util.concurrent.TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  public String host() {
    return host;
  }

  public int port() {
    return port;
  }

  public String address() {
    return host + ":" + port;
  }

  /** Forwards nothing, in neither direction, until {@link #heal}. */
  public void cut() {
    cut = true;
  }

  /** Forwards each part later by {@code delay}, one after the other: that also limits the rate. */
  public void slow(Duration delay) {
    delayMs = delay.toMillis();
  }

  /** Ends {@link #cut} and {@link #slow}. */
  public void heal() {
    cut = false;
    delayMs = 0;
    pipes.forEach(pipe -> pipe.context.runOnContext(v -> pipe.goOn()));
  }

  /** Closes every connection, as a proxy does that restarts. */
  public void closeConnections() {
    pipes.forEach(pipe -> pipe.context.runOnContext(v -> pipe.close()));
  }

  private void accept(NetSocket accepted) {
    accepted.pause();
    Context context = vertx.getOrCreateContext();
    Pipe pipe = new Pipe(context, accepted);
    pipes.add(pipe);
    accepted.closeHandler(v -> pipe.ended());
    accepted.exceptionHandler(e -> pipe.ended());
    pipe.goOn();
  }

  /** One connection. On its context. */
  private final class Pipe {
    private final Context context;
    private final NetSocket down;
    private @Nullable Flow in;
    private @Nullable Flow out;
    private @Nullable NetSocket up;
    private boolean connecting;
    private boolean ended;
    private boolean closed;

    Pipe(Context context, NetSocket down) {
      this.context = context;
      this.down = down;
    }

    /** Connects to the target if that is still to be done, and forwards what was held back. */
    void goOn() {
      if (cut || closed) {
        return;
      }
      if (ended) {
        close();
      } else if (!connecting) {
        connecting = true;
        client.connect(target.get()).onSuccess(this::connected).onFailure(e -> close());
      } else if (in != null && out != null) {
        in.goOn();
        out.goOn();
      }
    }

    private void connected(NetSocket to) {
      up = to;
      to.closeHandler(v -> ended());
      to.exceptionHandler(e -> ended());
      if (closed) {
        to.close();
        return;
      }
      in = new Flow(down, to);
      out = new Flow(to, down);
    }

    /** One end has closed; while cut, the other is not told. */
    void ended() {
      ended = true;
      if (!cut) {
        close();
      }
    }

    void close() {
      closed = true;
      pipes.remove(this);
      down.close();
      if (up != null) {
        up.close();
      }
    }
  }

  /** One direction of a connection. */
  private final class Flow {
    private final NetSocket from;
    private final NetSocket to;
    private @Nullable Buffer held;

    Flow(NetSocket from, NetSocket to) {
      this.from = from;
      this.to = to;
      from.handler(this::received);
      from.resume();
    }

    private void received(Buffer part) {
      if (delayMs > 0) {
        from.pause();
        held = part;
        vertx.setTimer(delayMs, t -> goOn());
      } else if (cut) {
        from.pause();
        held = part;
      } else {
        forward(part);
      }
    }

    void goOn() {
      Buffer part = held;
      if (part != null && !cut) {
        held = null;
        forward(part);
        from.resume();
      }
    }

    private void forward(Buffer part) {
      to.write(part);
      if (to.writeQueueFull()) {
        from.pause();
        to.drainHandler(v -> from.resume());
      }
    }
  }

  @Override
  public void close() {
    closeConnections();
    server.close();
    client.close();
  }
}
