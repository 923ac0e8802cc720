package io.ovation.deliver;

import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A client of server-sent events made of a socket. Blocking. */
final class SseTestClient implements AutoCloseable {
  private final Socket socket = new Socket();
  private final BufferedReader in;

  /** The response's head, a line each. */
  final List<String> head = new ArrayList<>();

  /** Lines that came between events: comments and {@code retry}. */
  final List<String> asides = new ArrayList<>();

  /** What is read once the server has ended the response. */
  static final Event END = new Event(null, "the end", new JsonObject());

  record Event(@Nullable String id, @Nullable String type, JsonObject data) {
    String kind() {
      return data.getString("type", "");
    }
  }

  SseTestClient(int port, String path, Map<String, String> headers) {
    this(port, request("GET", path, headers), 0);
  }

  /**
   * @param receiveBuffer bytes, 0 for the system's default
   */
  SseTestClient(int port, String request, int receiveBuffer) {
    try {
      if (receiveBuffer > 0) {
        socket.setReceiveBufferSize(receiveBuffer);
      }
      socket.connect(new InetSocketAddress("127.0.0.1", port), 10_000);
      socket.setSoTimeout(20_000);
      in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8), 1024);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
        head.add(line);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String request(String method, String path, Map<String, String> headers) {
    StringBuilder request =
        new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n");
    headers.forEach((name, value) -> request.append(name + ": " + value + "\r\n"));
    return request.append("\r\n").toString();
  }

  /** The next event, or {@link #END}. */
  Event read() {
    String id = null;
    String type = null;
    String data = null;
    try {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.startsWith("data: ")) {
          if (data != null) {
            throw new AssertionError("a second data line: " + line);
          }
          data = line.substring(6);
        } else if (line.startsWith("id: ")) {
          id = line.substring(4);
        } else if (line.startsWith("event: ")) {
          type = line.substring(7);
        } else if (!line.isEmpty()) {
          asides.add(line);
        } else if (data != null) {
          return new Event(id, type, new JsonObject(data));
        }
      }
      return END;
    } catch (SocketTimeoutException e) {
      throw new AssertionError("nothing came", e);
    } catch (IOException e) {
      return END;
    }
  }

  /** The next event, which must be a message of that type. */
  Event next(String kind) {
    Event event = read();
    if (event.type != null || !kind.equals(event.kind())) {
      throw new AssertionError("expected " + kind + " but got " + event);
    }
    return event;
  }

  /** Reads until {@code count} comments have come. */
  void awaitAsides(int count) {
    try {
      while (asides.size() < count) {
        String line = in.readLine();
        if (line == null) {
          throw new AssertionError("the response has ended after " + asides);
        }
        if (!line.isEmpty()) {
          asides.add(line);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
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
}
