package io.ovation.http;

import java.io.ByteArrayInputStream;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;

/** A file of {@code http.tls.certificate}: certificates in PEM, the server's first. */
public final class CertificateFile {
  private CertificateFile() {}

  /**
   * When the first of its certificates expires.
   *
   * @throws CertificateException if it holds none, or one that can't be parsed
   */
  public static Instant expiry(byte[] pem) throws CertificateException {
    Instant first = Instant.MAX;
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    for (Certificate each : factory.generateCertificates(new ByteArrayInputStream(pem))) {
      Instant end = ((X509Certificate) each).getNotAfter().toInstant();
      first = end.isBefore(first) ? end : first;
    }
    if (first == Instant.MAX) {
      throw new CertificateException("there is no certificate in it");
    }
    return first;
  }
}
