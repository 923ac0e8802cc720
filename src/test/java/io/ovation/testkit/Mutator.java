package io.ovation.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Damages bytes at random, the same way for the same seed. One thread. */
public final class Mutator {
  /** What parsers have stumbled over. */
  private static final List<byte[]> TOKENS =
      List.of(
              "\r\n",
              "\r\n\r\n",
              "\n",
              "\0",
              " ",
              "\t",
              ":",
              "/",
              "//",
              "..",
              "%",
              "%00",
              "%ff",
              "%zz",
              "?",
              "#",
              "{",
              "}",
              "[",
              "]",
              "\"",
              "\\",
              "\\u0000",
              "\\ud800",
              ",",
              "-1",
              "0",
              "1e999",
              "9223372036854775808",
              "99999999999999999999",
              "null",
              "true",
              "HTTP/1.0",
              "HTTP/9.9",
              "Transfer-Encoding: chunked\r\n",
              "Content-Length: 0\r\n",
              "Content-Length: -1\r\n",
              "Expect: 100-continue\r\n",
              "Upgrade: websocket\r\n",
              "Connection: close\r\n",
              "Host: [::1\r\n",
              "\u00c0\u0080",
              "\u00ed\u00a0\u0080",
              "\u00ff",
              "\u00fe")
          .stream()
          .map(token -> token.getBytes(ISO_8859_1))
          .toList();

  private final Random random;

  public Mutator(long seed) {
    random = new Random(seed);
  }

  public int below(int bound) {
    return random.nextInt(bound);
  }

  public <T> T oneOf(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }

  /** One to four damages. */
  public byte[] damaged(byte[] whole) {
    byte[] bytes = whole;
    for (int i = random.nextInt(4); i >= 0; i--) {
      bytes = damagedOnce(bytes);
    }
    return bytes;
  }

  private byte[] damagedOnce(byte[] bytes) {
    if (bytes.length == 0) {
      return oneOf(TOKENS);
    }
    int at = random.nextInt(bytes.length);
    int length = random.nextInt(Math.min(32, bytes.length - at) + 1);
    byte[] part = Arrays.copyOfRange(bytes, at, at + length);
    return switch (random.nextInt(7)) {
      case 0 -> {
        byte[] flipped = bytes.clone();
        flipped[at] ^= (byte) (1 << random.nextInt(8));
        yield flipped;
      }
      case 1 -> {
        byte[] other = bytes.clone();
        other[at] = (byte) random.nextInt(256);
        yield other;
      }
      case 2 -> spliced(bytes, at, length, new byte[0]);
      case 3 -> spliced(bytes, at, 0, part);
      case 4 -> spliced(bytes, at, 0, oneOf(TOKENS));
      case 5 -> spliced(bytes, at, length, oneOf(TOKENS));
      default -> random.nextInt(4) > 0 ? bytes : Arrays.copyOf(bytes, at);
    };
  }

  private static byte[] spliced(byte[] bytes, int at, int removed, byte[] added) {
    byte[] spliced = new byte[bytes.length - removed + added.length];
    System.arraycopy(bytes, 0, spliced, 0, at);
    System.arraycopy(added, 0, spliced, at, added.length);
    int rest = bytes.length - at - removed;
    System.arraycopy(bytes, at + removed, spliced, at + added.length, rest);
    return spliced;
  }
}
