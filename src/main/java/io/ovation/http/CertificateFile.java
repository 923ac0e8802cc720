package io.ovation.http;

import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.vertx.core.Vertx;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import javax.net.ssl.KeyManager;
import javax.net.ssl.X509KeyManager;

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

  /**
   * Fails unless the two files can be used together. Blocks for milliseconds.
   *
   * @throws ConfigException with the reason
   */
  public static void requirePair(Vertx vertx, Config.Tls config) {
    try {
      requirePair(vertx, CertificateReloader.files(config));
    } catch (Exception e) {
      String text = "http.tls: %s and %s can't be used together: %s";
      throw new ConfigException(text.formatted(config.certificate(), config.key(), e.getMessage()));
    }
  }

  /**
   * Fails unless the key is that of the certificate: with another one, each handshake would fail.
   * Blocks for milliseconds.
   *
   * @throws Exception if one of the two can't be parsed, too
   */
  static void requirePair(Vertx vertx, PemKeyCertOptions pem) throws Exception {
    for (KeyManager each : pem.getKeyManagerFactory(vertx).getKeyManagers()) {
      if (each instanceof X509KeyManager keys) {
        requireSigned(keys, "RSA", "SHA256withRSA");
        requireSigned(keys, "EC", "SHA256withECDSA");
      }
    }
  }

  private static void requireSigned(X509KeyManager keys, String type, String algorithm)
      throws GeneralSecurityException {
    String[] aliases = keys.getServerAliases(type, null);
    for (String alias : aliases == null ? new String[0] : aliases) {
      byte[] message = {1};
      boolean verified;
      try {
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(keys.getPrivateKey(alias));
        signature.update(message);
        byte[] signed = signature.sign();
        signature.initVerify(keys.getCertificateChain(alias)[0]);
        signature.update(message);
        verified = signature.verify(signed);
      } catch (InvalidKeyException | SignatureException e) {
        verified = false; // Such as a key of another kind.
      }
      if (!verified) {
        throw new CertificateException("the key is not that of the certificate");
      }
    }
  }
}
