package io.ovation.http;

import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads {@code http.tls}'s two files every {@link #PERIOD} and uses a new certificate for new
 * connections; those that are open stay. A change counts once it was seen twice, so that nobody
 * gets the certificate of one pair with the key of another. Exports when the certificate in use, or
 * one of its chain, expires. Used on one context.
 */
final class CertificateReloader {
  private static final Logger log = LoggerFactory.getLogger(CertificateReloader.class);

  static final Duration PERIOD = Duration.ofSeconds(2);

  private final Vertx vertx;
  private final Config.Tls config;
  private final Function<ServerSSLOptions, Future<?>> update;
  private @Nullable Pair used;
  private @Nullable Pair seen;

  /** Seconds since 1970; not a number until it was read. For the scraper's thread. */
  private volatile double expires = Double.NaN;

  private record Pair(Buffer certificate, Buffer key) {}

  /**
   * @param update uses these options for new connections
   */
  CertificateReloader(
      Vertx vertx,
      Config.Tls config,
      Metrics metrics,
      Function<ServerSSLOptions, Future<?>> update) {
    this.vertx = vertx;
    this.config = config;
    this.update = update;
    metrics.gauge(
        "ovation.http.certificate.expiry.timestamp.seconds",
        "When the certificate of http.tls expires, in seconds since 1970",
        this,
        it -> it.expires);
  }

  static PemKeyCertOptions files(Config.Tls config) {
    return new PemKeyCertOptions().addCertPath(config.certificate()).addKeyPath(config.key());
  }

  void start() {
    read().onSuccess(this::using);
    vertx.setPeriodic(
        PERIOD.toMillis(),
        timer ->
            read()
                .onSuccess(this::compare)
                .onFailure(cause -> log.warn("http.tls can't be read: {}", cause.getMessage())));
  }

  private Future<Pair> read() {
    return vertx
        .fileSystem()
        .readFile(config.certificate())
        .compose(
            certificate ->
                vertx.fileSystem().readFile(config.key()).map(key -> new Pair(certificate, key)));
  }

  private void using(Pair pair) {
    used = pair;
    expires = firstEnd(pair.certificate);
  }

  /** When the first certificate of the chain expires, in seconds since 1970. */
  private static double firstEnd(Buffer pem) {
    try {
      return CertificateFile.expiry(pem.getBytes()).getEpochSecond();
    } catch (CertificateException e) {
      log.warn("http.tls.certificate can't be parsed, so nothing warns before it expires", e);
      return Double.NaN;
    }
  }

  private void compare(Pair read) {
    if (read.equals(used) || !read.equals(seen)) {
      seen = read;
      return;
    }
    used = read;
    PemKeyCertOptions pem =
        new PemKeyCertOptions().addCertValue(read.certificate).addKeyValue(read.key);
    vertx
        .executeBlocking(
            () -> {
              CertificateFile.requirePair(vertx, pem);
              return true;
            },
            false)
        .compose(v -> update.apply(new ServerSSLOptions().setKeyCertOptions(pem)))
        .onComplete(
            done -> {
              expires = firstEnd(read.certificate);
              log.info("http.tls has changed: new connections get the new certificate");
            },
            cause ->
                log.warn(
                    "http.tls has changed, and can't be used: {}. The certificate before stays",
                    cause.getMessage()));
  }
}
