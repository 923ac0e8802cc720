package io.ovation.queue.rabbit;

import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.impl.ForgivingExceptionHandler;
import io.ovation.config.Config;
import io.vertx.core.net.KeyStoreOptions;
import io.vertx.core.net.TrustOptions;
import io.vertx.rabbitmq.RabbitMQOptions;
import java.security.NoSuchAlgorithmException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The settings of both clients, with bounds on everything that can take time. */
final class ConnectionFactories {
  private static final Logger log = LoggerFactory.getLogger(ConnectionFactories.class);
  private static final int TIMEOUT_MS = 5000;

  /** Declaring a new quorum queue elects a leader, which takes some seconds on a busy broker. */
  private static final int RPC_TIMEOUT_MS = 15_000;

  /** The fixed pause of the Vert.x client between two attempts. */
  private static final long RECONNECT_MS = 1_000;

  private ConnectionFactories() {}

  /** Its host is the first of the URI's addresses. */
  static ConnectionFactory of(Config.Rabbitmq config) {
    AmqpUri uri = AmqpUri.parse(config.uri());
    ConnectionFactory factory = new CorkableFrameHandler.Factory();
    factory.setUsername(uri.user());
    factory.setPassword(uri.password());
    factory.setVirtualHost(uri.vhost());
    factory.setHost(uri.addresses().get(0).getHost());
    factory.setPort(uri.addresses().get(0).getPort());
    if (uri.tls()) {
      try {
        factory.useSslProtocol(SSLContext.getDefault()); // Else any certificate is trusted.
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("This JDK has no TLS", e);
      }
      factory.enableHostnameVerification();
    }
    // It would resend nothing, and hide that unconfirmed and unacked items changed hands.
    factory.setAutomaticRecoveryEnabled(false);
    factory.setTopologyRecoveryEnabled(false);
    factory.setRequestedHeartbeat(heartbeatSeconds(config));
    factory.setConnectionTimeout(TIMEOUT_MS);
    factory.setHandshakeTimeout(TIMEOUT_MS);
    factory.setShutdownTimeout(TIMEOUT_MS);
    factory.setChannelRpcTimeout(RPC_TIMEOUT_MS);
    factory.setThreadFactory(r -> daemon(r, "ovation-rabbit-io"));
    factory.setExceptionHandler(new Quiet());
    return factory;
  }

  /**
   * The same server for the Vert.x client. It reconnects without an end, because it is stuck once
   * its attempts have run out.
   */
  static RabbitMQOptions clientOptions(Config.Rabbitmq config) {
    AmqpUri uri = AmqpUri.parse(config.uri());
    RabbitMQOptions options = new RabbitMQOptions();
    options
        .setUser(uri.user())
        .setPassword(uri.password())
        .setVirtualHost(uri.vhost())
        .setAddresses(uri.addresses())
        .setConnectionName("ovation-admin")
        .setAutomaticRecoveryEnabled(false)
        .setRequestedHeartbeat(heartbeatSeconds(config))
        .setConnectionTimeout(TIMEOUT_MS)
        .setHandshakeTimeout(TIMEOUT_MS)
        .setReconnectAttempts(Integer.MAX_VALUE)
        .setReconnectInterval(Math.min(RECONNECT_MS, config.reconnectMax().toMillis()));
    if (uri.tls()) {
      options.setSsl(true).setTrustOptions(TrustOptions.wrap(new HostNameTrustManager(null)));
      String keys = System.getProperty("javax.net.ssl.keyStore");
      if (keys != null) {
        options.setKeyCertOptions(
            new KeyStoreOptions()
                .setType(System.getProperty("javax.net.ssl.keyStoreType", "PKCS12"))
                .setPath(keys)
                .setPassword(System.getProperty("javax.net.ssl.keyStorePassword", "")));
      }
    }
    return options;
  }

  private static int heartbeatSeconds(Config.Rabbitmq config) {
    return (int) Math.max(1, config.heartbeat().toSeconds());
  }

  /** The client's complaints: each comes with a lost connection or channel that is logged here. */
  private static final class Quiet extends ForgivingExceptionHandler {
    @Override
    protected void log(String message, Throwable e) {
      log.debug(message, e);
    }
  }

  static ScheduledExecutorService singleThread(String name) {
    return Executors.newSingleThreadScheduledExecutor(task -> daemon(task, name));
  }

  static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }
}
