package io.ovation.testkit;

import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** HTTP/1.1 over a bare socket: sends what no decent client would, and reads the answer. */
public final class RawHttp implements AutoCloseable {
  private static final int READ_TIMEOUT_MS = 10_000;

  private final Socket socket;
  private final InputStream in;

  /** An answer; header names are in lower case. */
  public record Answer(int status, Map<String, String> headers, String body) {
    public JsonObject json() {
      return new JsonObject(body);
    }
  }

  public RawHttp(int port) {
    try {
      socket = new Socket("127.0.0.1", port);
      socket.setSoTimeout(READ_TIMEOUT_MS);
      in = socket.getInputStream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One request on a connection of its own. */
  public static Answer send(int port, String method, String path, String type, byte[] body) {
    try (RawHttp http = new RawHttp(port)) {
      http.write(head(method, path, type, body.length));
      http.write(body);
      return http.read(method.equals("HEAD"));
    }
  }

  public static Answer get(int port, String path) {
    return send(port, "GET", path, "", new byte[0]);
  }

  public static Answer post(int port, String path, String json) {
    return send(port, "POST", path, "application/json", json.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * The request's head; no Content-Type if {@code type} is empty, chunked if length is negative.
   */
  public static String head(String method, String path, String type, int length) {
    String framing = length < 0 ? "Transfer-Encoding: chunked" : "Content-Length: " + length;
    return method
        + " "
        + path
        + " HTTP/1.1\r\nHost: localhost\r\n"
        + (type.isEmpty() ? "" : "Content-Type: " + type + "\r\n")
        + framing
        + "\r\n\r\n";
  }

  public void write(String text) {
    write(text.getBytes(StandardCharsets.UTF_8));
  }

  public void write(byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Closes the sending side; answers can still be read. */
  public void shutdownOutput() {
    try {
      socket.shutdownOutput();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Answer read() {
    return read(false);
  }

  /** The next answer, where it may take longer than usual. */
  public Answer readWithin(java.time.Duration limit) {
    try {
      socket.setSoTimeout(Math.toIntExact(limit.toMillis()));
      return read();
    } catch (java.net.SocketException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The next answer; {@code bodiless} for one to HEAD. */
  public Answer read(boolean bodiless) {
    try {
      String[] status = line().split(" ", 3);
      Map<String, String> headers = new TreeMap<>();
      for (String line = line(); !line.isEmpty(); line = line()) {
        int colon = line.indexOf(':');
        headers.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
      int length = bodiless ? 0 : Integer.parseInt(headers.getOrDefault("content-length", "0"));
      String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
      return new Answer(Integer.parseInt(status[1]), headers, body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether the server closes the connection, within the read timeout. */
  public boolean closedByServer() {
    try {
      return in.read() < 0;
    } catch (IOException e) {
      return !(e instanceof java.net.SocketTimeoutException);
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("the server closed the connection after: " + line);
      }
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(StandardCharsets.UTF_8);
  }
}
