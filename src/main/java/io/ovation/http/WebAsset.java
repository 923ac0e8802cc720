package io.ovation.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.GZIPOutputStream;

/** A file of the jar, held in memory plain and gzipped. Immutable; any thread. */
final class WebAsset {

  /** Smaller files fit a TCP segment anyway. */
  private static final int GZIP_FROM = 1400;

  private final String type;
  private final Buffer plain;
  private final Buffer gzip;
  private final String etag;

  private WebAsset(String type, byte[] content) {
    this.type = type;
    this.plain = Buffer.buffer(content);
    this.gzip = content.length < GZIP_FROM ? plain : Buffer.buffer(compress(content));
    this.etag = digest(content);
  }

  /**
   * Reads a file from the class path.
   *
   * @throws IllegalStateException if the jar does not have it
   */
  static WebAsset load(String resource, String type) {
    try (InputStream in = WebAsset.class.getClassLoader().getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + " is not in the jar; build it again");
      }
      return new WebAsset(type, in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends the file, or 304 if the client's copy is current. */
  void send(HttpServerRequest request) {
    boolean zipped = gzip != plain && takesGzip(request.getHeader(HttpHeaders.ACCEPT_ENCODING));
    String tag = zipped ? "\"" + etag + "-gz\"" : "\"" + etag + "\"";
    HttpServerResponse response = request.response();
    response
        .putHeader(HttpHeaders.ETAG, tag)
        .putHeader(HttpHeaders.VARY, "Accept-Encoding")
        // Page and script must be of one version: browsers may keep them, but must revalidate.
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
        .putHeader("X-Content-Type-Options", "nosniff");
    String known = request.getHeader(HttpHeaders.IF_NONE_MATCH);
    if (known != null && (known.contains(tag) || known.equals("*"))) {
      response.setStatusCode(304).end();
      return;
    }
    response.putHeader(HttpHeaders.CONTENT_TYPE, type);
    if (zipped) {
      response.putHeader(HttpHeaders.CONTENT_ENCODING, "gzip");
    }
    response.end(zipped ? gzip : plain);
  }

  private static boolean takesGzip(String accepted) {
    return accepted != null && accepted.contains("gzip") && !accepted.contains("gzip;q=0");
  }

  private static byte[] compress(byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
      zip.write(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static String digest(byte[] content) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(content);
      return HexFormat.of().formatHex(hash, 0, 12);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
