package io.ovation.testkit;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.UncheckedIOException;
import javax.net.ssl.SSLException;

/** TLS of load generators, which accept any certificate. */
final class TrustingTls {
  static final SslContext CLIENT = client();

  private TrustingTls() {}

  private static SslContext client() {
    try {
      return SslContextBuilder.forClient()
          .trustManager(InsecureTrustManagerFactory.INSTANCE)
          .build();
    } catch (SSLException e) {
      throw new UncheckedIOException(e);
    }
  }
}
