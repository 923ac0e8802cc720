package io.ovation.http.body;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Finds the {@code id} of a message that is refused, so that the refusal can carry it. The message
 * need not be valid JSON: it is read as a sequence of strings and brackets.
 */
public final class MessageIds {
  private static final String KEY = MessageIds.class.getName();

  /** Bytes; no valid message of a viewer is longer. */
  private static final int MESSAGE = 16 << 10;

  /** UTF-16 units; an id that is longer is no longer worth sending back. */
  private static final int MAX_LENGTH = 1024;

  private final byte[] json;
  private int at;

  private MessageIds(byte[] json) {
    this.json = json;
  }

  /** The id as it may be sent back; null if the value is none. */
  public static @Nullable String echoable(@Nullable Object id) {
    return id instanceof String text && !text.isEmpty() && text.length() <= MAX_LENGTH
        ? text
        : null;
  }

  /**
   * The id of what {@code ctx} asks for: of its message, as far as it was read, else the one that
   * its path names; null if there is none.
   */
  public static @Nullable String of(RoutingContext ctx) {
    String id = ctx.get(KEY);
    return id == null ? echoable(ctx.pathParam("id")) : id;
  }

  /**
   * Reads the body of a request that will be refused in any case, if it is as short as a message of
   * a viewer, for {@link #of}. On the request's event loop, before its body has come.
   *
   * @param refuse called once, after a moment at most
   */
  public static void read(RoutingContext ctx, Runnable refuse) {
    HttpServerRequest request = ctx.request();
    long length = JsonBodies.contentLength(request);
    if (length == 0 || length > MESSAGE || request.headers().contains(HttpHeaders.EXPECT)) {
      refuse.run();
      return;
    }
    Buffer body = Buffer.buffer();
    long timer =
        ctx.vertx()
            .setTimer(
                JsonBodies.ID_WAIT_MS,
                ignored -> {
                  request.handler(rest -> {}); // What still comes is not kept.
                  refuse.run();
                });
    request.handler(body::appendBuffer);
    request.endHandler(
        ignored -> {
          if (ctx.vertx().cancelTimer(timer)) {
            keep(ctx, find(body.getBytes()));
            refuse.run();
          }
        });
  }

  /** Keeps the id of the request's message, for {@link #of}. */
  public static void keep(RoutingContext ctx, @Nullable Object id) {
    String text = echoable(id);
    if (text != null) {
      ctx.put(KEY, text);
    }
  }

  /** The id of a message in whatever state; null if none can be read. */
  public static @Nullable String find(byte[] json) {
    return echoable(new MessageIds(json).find());
  }

  private @Nullable String find() {
    int depth = 0;
    while (at < json.length) {
      switch (json[at]) {
        case '{', '[' -> depth++;
        case '}', ']' -> depth--;
        case '"' -> {
          boolean isId = "id".equals(string());
          skipSpace();
          if (isId && depth <= 1 && at < json.length && json[at] == ':') {
            at++;
            skipSpace();
            return at < json.length && json[at] == '"' ? string() : null;
          }
          continue;
        }
        default -> {}
      }
      at++;
    }
    return null;
  }

  private void skipSpace() {
    while (at < json.length && " \t\r\n".indexOf(json[at]) >= 0) {
      at++;
    }
  }

  /** Reads the string that begins here; null if it does not end, or is not UTF-8. */
  private @Nullable String string() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (at++; at < json.length; at++) {
      byte b = json[at];
      if (b == '"') {
        at++;
        return decode(bytes.toByteArray());
      }
      if (b == '\\' && at + 1 < json.length) {
        bytes.writeBytes(escape());
      } else {
        bytes.write(b);
      }
    }
    return null;
  }

  /** The character that the escape here stands for; stays on its last byte. */
  private byte[] escape() {
    char c = (char) json[++at];
    if (c == 'u' && at + 4 < json.length) {
      String hex = new String(json, at + 1, 4, StandardCharsets.ISO_8859_1);
      if (hex.matches("[0-9a-fA-F]{4}")) {
        at += 4;
        char unit = (char) Integer.parseInt(hex, 16);
        return Character.isHighSurrogate(unit) ? pair(unit) : utf8(String.valueOf(unit));
      }
    }
    return utf8(
        switch (c) {
          case 'b' -> "\b";
          case 'f' -> "\f";
          case 'n' -> "\n";
          case 'r' -> "\r";
          case 't' -> "\t";
          default -> String.valueOf(c);
        });
  }

  private byte[] pair(char high) {
    String low =
        at + 6 < json.length ? new String(json, at + 1, 6, StandardCharsets.ISO_8859_1) : "";
    if (!low.matches("\\\\u[dD][c-fC-F][0-9a-fA-F]{2}")) {
      return new byte[] {(byte) 0xFF}; // no UTF-8, so that the string counts as unreadable
    }
    at += 6;
    return utf8(new String(new char[] {high, (char) Integer.parseInt(low.substring(2), 16)}));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static @Nullable String decode(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }
}
