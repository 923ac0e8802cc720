package io.ovation.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/** A certificate that signed itself, and its key, in two PEM files. */
public record TestCertificate(Path certificate, Path key) {

  /** Made by openssl, on an elliptic curve, which takes milliseconds. */
  public static TestCertificate create(Path directory, String name, int days) {
    Path certificate = directory.resolve(name + ".crt");
    Path key = directory.resolve(name + ".key");
    String what = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days " + days;
    List<String> command =
        List.of(
            ("openssl " + what + " -subj /CN=" + name + " -keyout " + key + " -out " + certificate)
                .split(" "));
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve(name + ".output").toFile())
              .start();
      if (process.waitFor() != 0) {
        throw new IllegalStateException(String.join(" ", command));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    return new TestCertificate(certificate, key);
  }
}
