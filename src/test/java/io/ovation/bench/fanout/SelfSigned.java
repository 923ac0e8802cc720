package io.ovation.bench.fanout;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A key (EC, P-256) and its certificate, valid for a day, made by OpenSSL. */
record SelfSigned(Path certificate, Path key) {

  SelfSigned(Path dir) {
    this(dir.resolve("bench.crt"), dir.resolve("bench.key"));
    try {
      Files.createDirectories(dir);
      Process openssl =
          new ProcessBuilder(
                  "openssl",
                  "req",
                  "-x509",
                  "-newkey",
                  "ec",
                  "-pkeyopt",
                  "ec_paramgen_curve:P-256",
                  "-nodes",
                  "-days",
                  "1",
                  "-subj",
                  "/CN=bench",
                  "-keyout",
                  key.toString(),
                  "-out",
                  certificate.toString())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (openssl.waitFor() != 0) {
        throw new IllegalStateException("openssl made no certificate");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
