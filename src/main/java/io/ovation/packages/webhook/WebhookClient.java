package io.ovation.packages.webhook;

import io.ovation.config.Config;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.PoolOptions;
import java.util.concurrent.TimeUnit;

/** The HTTP client that serves all webhooks. */
public final class WebhookClient {
  private static final int CONNECT_MS = 5_000;

  private WebhookClient() {}

  public static HttpClient client(Vertx vertx, Config.Packages config) {
    HttpClientOptions options =
        new HttpClientOptions()
            .setConnectTimeout((int) Math.min(CONNECT_MS, config.timeout().toMillis()))
            // So that a connection whose attempt has failed does not stay.
            .setIdleTimeout((int) Math.max(1, config.timeout().toMillis()))
            .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
            // A connection for each: what a faulty receiver sends too much would be the answer to
            // the next package, of whichever type.
            .setKeepAlive(false)
            .setDecompressionSupported(false);
    // Per receiver; a type's gate lets no more through.
    PoolOptions pool =
        new PoolOptions()
            .setHttp1MaxSize(config.concurrency())
            .setMaxWaitQueueSize(config.concurrency());
    return vertx.createHttpClient(options, pool);
  }
}
