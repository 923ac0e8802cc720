package io.ovation.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Map.entry;

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
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.zip.GZIPOutputStream;

/**
 * The demo page, the browser's client and the OpenAPI file, or the operators' page, served from
 * memory. Creating it reads them from the jar: it blocks.
 */
public final class WebFiles implements Routes {
  /** Smaller files fit a TCP segment anyway. */
  private static final int GZIP_FROM = 1400;

  private static final String SCRIPT = "text/javascript; charset=utf-8";

  private static final String SOCKJS =
      "META-INF/resources/webjars/sockjs-client/1.6.1/dist/sockjs.min.js";

  /**
   * SockJS waits for an event that keeps browsers from holding a page for the way back; what it
   * would do then, the browser does by itself.
   */
  private static final String UNLOAD = "attachEvent(\"unload\"";

  /** Answers to other origins are never with credentials, so SockJS must not ask with them. */
  private static final String CREDENTIALS = "this.xhr.withCredentials=!0";

  /**
   * In a hidden page timers may come once a minute, or not at all, and SockJS would be too late
   * with its answer to a heartbeat: it begins a request, and the next one after it, by a timer.
   */
  private static final Map<String, String> TIMERS =
      Map.of(
          "setTimeout(function(){o._start(e,t,n,r)},0)",
          "Promise.resolve().then(function(){o._start(e,t,n,r)})",
          "e=setTimeout(function(){i(\"timeout\"),t.sendStop=null,t.sendSchedule()},25)",
          "Promise.resolve().then(function(){t.sendStop=null,t.sendSchedule()})");

  /** No script but our own runs on the page, whatever a viewer writes. Avatars are images. */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:;"
          + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

  private final Map<String, Asset> assets;

  private WebFiles(Map<String, Asset> assets) {
    this.assets = assets;
  }

  /** The operators' page. */
  public static WebFiles admin() {
    return new WebFiles(
        Map.of(
            "/admin", load("admin/index.html", "text/html; charset=utf-8"),
            "/admin/app.js", load("admin/app.js", SCRIPT),
            "/admin/server.js", load("admin/server.js", SCRIPT),
            "/admin/plot.js", load("admin/plot.js", SCRIPT),
            "/admin/letters.js", load("admin/letters.js", SCRIPT),
            "/admin/stream.js", load("admin/stream.js", SCRIPT),
            "/admin/style.css", load("admin/style.css", "text/css; charset=utf-8"),
            "/icon.svg", load("web/icon.svg", "image/svg+xml")));
  }

  public WebFiles() {
    this(
        Map.ofEntries(
            entry("/", load("web/index.html", "text/html; charset=utf-8")),
            entry("/app.js", load("web/app.js", SCRIPT)),
            entry("/comments.js", load("web/comments.js", SCRIPT)),
            entry("/reactions.js", load("web/reactions.js", SCRIPT)),
            entry("/sending.js", load("web/sending.js", SCRIPT)),
            entry("/tools.js", load("web/tools.js", SCRIPT)),
            entry("/words.js", load("web/words.js", SCRIPT)),
            entry("/style.css", load("web/style.css", "text/css; charset=utf-8")),
            entry("/icon.svg", load("web/icon.svg", "image/svg+xml")),
            entry("/ovation.js", load("client/ovation.js", SCRIPT)),
            entry("/ovation.mjs", load("client/ovation.mjs", SCRIPT)),
            entry("/webjars/sockjs.min.js", sockJs()),
            entry("/openapi.yaml", load("openapi.yaml", "application/yaml"))));
  }

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

  private static Asset load(String resource, String type) {
    return new Asset(type, read(resource));
  }

  private static Asset sockJs() {
    String script =
        new String(read(SOCKJS), UTF_8)
            .replace(UNLOAD, "attachEvent(\"never\"")
            .replace(CREDENTIALS, "this.xhr.withCredentials=!1");
    for (Map.Entry<String, String> timer : TIMERS.entrySet()) {
      script = script.replace(timer.getKey(), timer.getValue());
    }
    return new Asset(SCRIPT, script.getBytes(UTF_8));
  }

  /**
   * Reads a file from the class path.
   *
   * @throws IllegalStateException if the jar does not have it
   */
  private static byte[] read(String resource) {
    try (InputStream in = WebFiles.class.getClassLoader().getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + " is not in the jar; build it again");
      }
      return in.readAllBytes();
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
      boolean zipped =
          gzip != plain && takesGzip(request.headers().getAll(HttpHeaders.ACCEPT_ENCODING));
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
          // Pages of other origins may load the client, as a module and under a
          // Cross-Origin-Embedder-Policy; nothing here is secret.
          .putHeader("Access-Control-Allow-Origin", "*")
          .putHeader("Cross-Origin-Resource-Policy", "cross-origin");
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

  private static boolean takesGzip(List<String> accepted) {
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
