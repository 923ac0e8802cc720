package io.ovation.deliver.transport;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * The WebSocket extension permessage-deflate (RFC 7692), without memory of earlier messages in
 * either direction: so a batch is compressed once for all viewers, and a connection keeps nothing.
 */
public final class PerMessageDeflate {
  /** What the server answers to an offer that it takes. */
  public static final String TAKEN =
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

  /** The first reserved bit of a frame: the message is compressed. */
  static final int RSV1 = 0x4;

  /** A flush ends with these bytes, which are not sent (RFC 7692, 7.2.1). */
  private static final byte[] TAIL = {0, 0, (byte) 0xFF, (byte) 0xFF};

  private static final int CHUNK = 8 * 1024;

  private static final FastThreadLocal<Deflater> DEFLATER =
      new FastThreadLocal<>() {
        @Override
        protected Deflater initialValue() {
          return new Deflater(Deflater.BEST_SPEED, true);
        }
      };

  private static final FastThreadLocal<Inflater> INFLATER =
      new FastThreadLocal<>() {
        @Override
        protected Inflater initialValue() {
          return new Inflater(true);
        }
      };

  private PerMessageDeflate() {}

  /**
   * Whether one of a client's offers can be taken.
   *
   * @param offers its header {@code Sec-WebSocket-Extensions}
   */
  public static boolean canTake(@Nullable String offers) {
    return offers != null
        && Arrays.stream(offers.toLowerCase(Locale.ROOT).split(","))
            .anyMatch(PerMessageDeflate::fits);
  }

  private static boolean fits(String offer) {
    String[] parts = offer.split(";", -1);
    return parts[0].strip().equals("permessage-deflate")
        && Arrays.stream(parts).skip(1).map(String::strip).allMatch(PerMessageDeflate::agreed)
        && Arrays.stream(parts).map(PerMessageDeflate::name).distinct().count() == parts.length;
  }

  private static String name(String parameter) {
    return parameter.split("=", 2)[0].strip();
  }

  /** Java's compressor has one window, so that the server can't agree to a smaller one. */
  private static boolean agreed(String parameter) {
    String[] parts = parameter.split("=", 2);
    String value = parts.length == 2 ? parts[1].strip().replace("\"", "") : null;
    return switch (parts[0].strip()) {
      case "server_no_context_takeover", "client_no_context_takeover" -> value == null;
      case "client_max_window_bits" -> value == null || value.matches("[89]|1[0-5]");
      default -> false;
    };
  }

  /** Appends a message's bytes to {@code to}, compressed. On an event loop. */
  static void deflate(byte[] message, ByteBuf to) {
    Deflater deflater = DEFLATER.get();
    deflater.reset();
    deflater.setInput(message);
    int start = to.writerIndex();
    byte[] chunk = new byte[CHUNK];
    int length;
    do {
      length = deflater.deflate(chunk, 0, CHUNK, Deflater.SYNC_FLUSH);
      to.writeBytes(chunk, 0, length);
    } while (length == CHUNK);
    to.writerIndex(Math.max(start, to.writerIndex() - TAIL.length));
  }

  /**
   * A message's bytes. On an event loop.
   *
   * @return null if they are more than {@code limit}
   * @throws DataFormatException if it is not compressed
   */
  static byte @Nullable [] inflate(byte[] message, int limit) throws DataFormatException {
    Inflater inflater = INFLATER.get();
    inflater.reset();
    byte[] input = Arrays.copyOf(message, message.length + TAIL.length);
    System.arraycopy(TAIL, 0, input, message.length, TAIL.length);
    inflater.setInput(input);
    byte[] inflated = new byte[Math.min(limit + 1, Math.max(CHUNK, 4 * message.length))];
    int length = 0;
    while (true) {
      int more = inflater.inflate(inflated, length, inflated.length - length);
      length += more;
      if (length > limit) {
        return null;
      }
      if (length == inflated.length) {
        inflated = Arrays.copyOf(inflated, Math.min(limit + 1, 2 * length));
      } else if (more == 0 || inflater.needsInput()) {
        return Arrays.copyOf(inflated, length);
      }
    }
  }
}
