package io.ovation.deliver;

import io.netty.channel.EventLoop;
import io.ovation.http.HttpEventLoop;
import io.ovation.vertx.Contexts;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The viewers' connections of one event loop: its shard, the shard's timer, and the routes by which
 * viewers connect there. Deployed by {@link DeliveryService}, one instance per event loop.
 */
public final class DeliveryVerticle extends VerticleBase {
  private final DeliveryService service;
  private @Nullable EventLoopShard shard;

  DeliveryVerticle(DeliveryService service) {
    this.service = service;
  }

  @Override
  public Future<?> start() {
    EventLoop loop = Contexts.eventLoop(context);
    if (service.register(loop, this)) {
      shard = service.newShard(loop);
    }
    return Future.succeededFuture();
  }

  /**
   * Closes all connections and returns at once. Those that do not answer are closed by the HTTP
   * server, or after {@link DeliverySettings#CLOSE_PATIENCE}.
   */
  @Override
  public Future<?> stop() {
    if (shard != null) {
      shard.close();
    }
    return Future.succeededFuture();
  }

  /** On this verticle's loop. */
  void mount(HttpEventLoop http) {
    service.routes().mount(http, shard());
  }

  /** Any thread. */
  Future<Void> drain(Duration period, Duration spread) {
    return shard().drain(period, spread);
  }

  private EventLoopShard shard() {
    return Objects.requireNonNull(shard);
  }
}
