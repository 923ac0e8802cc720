package io.ovation.http;

import io.ovation.http.body.AcceptedValues;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.UUID;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The demo page, the browser's client and the OpenAPI file, served from memory. The constructor
 * reads them from the jar: it blocks.
 */
public final class WebFiles implements Routes {
  /** Smaller files fit a TCP segment anyway. */
  private static final int GZIP_FROM = 1400;

  private static final String SCRIPT = "text/javascript; charset=utf-8";

  private static final String SOCKJS =
      "META-INF/resources/webjars/sockjs-client/1.6.1/dist/sockjs.min.js";

  /** No script but our own runs on the page, whatever a viewer writes. */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
          + " base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

  private final Map<String, Asset> assets =
      Map.of(
          "/", load("web/index.html", "text/html; charset=utf-8"),
          "/app.js", load("web/app.js", SCRIPT),
          "/reactions.js", load("web/reactions.js", SCRIPT),
          "/style.css", load("web/style.css", "text/css; charset=utf-8"),
          "/icon.svg", load("web/icon.svg", "image/svg+xml"),
          "/ovation.js", load("client/ovation.js", SCRIPT),
          "/ovation.mjs", load("client/ovation.mjs", SCRIPT),
          "/webjars/sockjs.min.js", load(SOCKJS, SCRIPT),
          "/openapi.yaml", load("openapi.yaml", "application/yaml"));

  @Override
  public void mount(HttpEventLoop loop) {
    assets.forEach(
        (path, asset) ->
            loop.router()
                .route(path)
                .method(HttpMethod.GET)
                .method(HttpMethod.HEAD)
                .handler(ctx -> asset.send(ctx.request())));
  }

  /**
   * Reads a file from the class path.
   *
   * @throws IllegalStateException if the jar does not have it
   */
  private static Asset load(String resource, String type) {
    try (InputStream in = WebFiles.class.getClassLoader().getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + " is not in the jar; build it again");
      }
      return new Asset(type, in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A file of the jar, held in memory plain and gzipped. */
  private static final class Asset {
    private final String type;
    private final Buffer plain;
    private final Buffer gzip;
    private final String etag;

    Asset(String type, byte[] content) {
      this.type = type;
      this.plain = Buffer.buffer(content);
      this.gzip = content.length < GZIP_FROM ? plain : Buffer.buffer(compress(content));
      this.etag = UUID.nameUUIDFromBytes(content).toString();
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
          .putHeader("X-Content-Type-Options", "nosniff")
          .putHeader("Content-Security-Policy", POLICY)
          .putHeader("Referrer-Policy", "same-origin")
          // Pages of other origins may load the client as a module; nothing here is secret.
          .putHeader("Access-Control-Allow-Origin", "*");
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
  }

  private static boolean takesGzip(@Nullable String accepted) {
    return AcceptedValues.allowed(accepted, "gzip");
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
}
