package io.ovation.drill;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The certificate and key of a node, in two PEM files, which can be replaced while it runs. */
final class DrillCertificate {
  private static final String KEYTOOL = System.getProperty("java.home") + "/bin/keytool";

  final Path certificate;
  final Path key;
  private final Path store;

  /** Valid for a year. */
  DrillCertificate(Path dir) {
    certificate = dir.resolve("certificate.pem");
    key = dir.resolve("key.pem");
    store = dir.resolve("certificate.p12");
    create("-0d", 365);
  }

  /** Replaces it by one that expires in some seconds. */
  void replaceByOneThatEndsIn(int seconds) {
    create("-1d+" + seconds + "S", 1);
  }

  private void create(String start, int days) {
    try {
      Files.deleteIfExists(store);
      List<String> pass = List.of("-passin", "pass:changeit");
      run(
          List.of(
              KEYTOOL,
              "-genkeypair",
              "-alias",
              "drill",
              "-keyalg",
              "EC",
              "-dname",
              "CN=drill",
              "-startdate",
              start,
              "-validity",
              "" + days,
              "-storetype",
              "PKCS12",
              "-storepass",
              "changeit",
              "-keystore",
              store.toString()));
      List<String> read = List.of("openssl", "pkcs12", "-in", store.toString(), "-nodes");
      String pem = run(join(read, pass));
      Files.writeString(certificate, block(pem, "CERTIFICATE"));
      Files.writeString(key, block(pem, "PRIVATE KEY"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> join(List<String> one, List<String> other) {
    return java.util.stream.Stream.concat(one.stream(), other.stream()).toList();
  }

  private static String block(String pem, String name) {
    String end = "-----END " + name + "-----";
    return pem.substring(
            pem.indexOf("-----BEGIN " + name + "-----"), pem.indexOf(end) + end.length())
        + "\n";
  }

  private static String run(List<String> command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new IllegalStateException(command + ": " + output);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    return output;
  }
}
