package io.ovation.queue.rabbit;

import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.impl.ForgivingExceptionHandler;
import io.ovation.config.Config;
import java.net.URISyntaxException;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The client's settings, with bounds on everything that can take time. */
final class ConnectionFactories {
  private static final Logger log = LoggerFactory.getLogger(ConnectionFactories.class);
  private static final int TIMEOUT_MS = 5000;

  /** Declaring a new quorum queue elects a leader, which takes some seconds on a busy broker. */
  private static final int RPC_TIMEOUT_MS = 15_000;

  private ConnectionFactories() {}

  static ConnectionFactory of(Config.Rabbitmq config) {
    ConnectionFactory factory = new ConnectionFactory();
    try {
      factory.setUri(config.uri());
      if (factory.isSSL()) {
        // amqps:// alone would trust any certificate.
        factory.useSslProtocol(SSLContext.getDefault());
        factory.enableHostnameVerification();
      }
    } catch (URISyntaxException | GeneralSecurityException | IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "OVATION_RABBITMQ_URI is no usable amqp:// or amqps:// URI: " + e.getMessage(), e);
    }
    factory.setAutomaticRecoveryEnabled(false);
    factory.setTopologyRecoveryEnabled(false);
    factory.setRequestedHeartbeat((int) Math.max(1, config.heartbeat().toSeconds()));
    factory.setConnectionTimeout(TIMEOUT_MS);
    factory.setHandshakeTimeout(TIMEOUT_MS);
    factory.setShutdownTimeout(TIMEOUT_MS);
    factory.setChannelRpcTimeout(RPC_TIMEOUT_MS);
    factory.setThreadFactory(r -> daemon(r, "ovation-rabbit-io"));
    factory.setExceptionHandler(new Quiet());
    return factory;
  }

  /** The client's complaints: each comes with a lost connection or channel that we report. */
  private static final class Quiet extends ForgivingExceptionHandler {
    @Override
    protected void log(String message, Throwable e) {
      log.debug(message, e);
    }
  }

  static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }
}
