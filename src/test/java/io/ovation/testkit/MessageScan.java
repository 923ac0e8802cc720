package io.ovation.testkit;

import java.nio.charset.StandardCharsets;

/**
 * Finds the messages in a text frame, and the offset in each event, without parsing JSON: a crowd
 * receives two million messages a second. Texts must not hold {@code offset":}; one that holds
 * {@code @} and 19 digits names the {@link System#nanoTime} at which it was meant to be sent.
 */
final class MessageScan {
  static final int DIGITS = 19;

  private static final byte[] OFFSET = "offset".getBytes(StandardCharsets.US_ASCII);

  /** What is found in a frame, in order. */
  interface Found {
    /**
     * @param sentNanos -1 if the event does not say
     */
    void event(long offset, long sentNanos);

    /** Any other message; over SockJS still escaped. */
    void other(byte[] frame, int from, int to);
  }

  private final boolean sockJs;
  private final byte event;
  private final Found found;
  private int at;

  MessageScan(boolean sockJs, char event, Found found) {
    this.sockJs = sockJs;
    this.event = (byte) event;
    this.found = found;
  }

  /** The messages in {@code frame[0, end)}. */
  void scan(byte[] frame, int end) {
    if (sockJs) {
      if (end > 1 && frame[0] == 'a') {
        for (at = 3; at < end; at += 3) { // a["…","…"]
          message(frame, at, end);
        }
      }
    } else {
      for (at = 0; at < end; at++) {
        message(frame, at, end);
      }
    }
  }

  private void message(byte[] frame, int from, int end) {
    int type = from + (sockJs ? 12 : 9); // {"type":" or {\"type\":\"
    if (type < end && frame[type] == event) {
      event(frame, type, end);
    } else {
      int i = from;
      while (i < end && frame[i] != (sockJs ? '"' : '\n')) {
        i += sockJs && frame[i] == '\\' ? 2 : 1;
      }
      at = i;
      found.other(frame, from, i);
    }
  }

  private void event(byte[] frame, int from, int end) {
    byte stop = (byte) (sockJs ? '"' : '\n');
    long offset = -1;
    long sent = -1;
    int i = from;
    while (i < end) {
      byte b = frame[i];
      if (b == stop) {
        break;
      } else if (b == '\\') {
        i += 2; // an escape, of JSON or of SockJS around it
      } else if (b == '@') {
        sent = number(frame, i + 1, end);
        i += 1 + DIGITS;
      } else if (b == 'o' && isOffset(frame, i, end)) {
        i += OFFSET.length + (sockJs ? 3 : 2);
        offset = number(frame, i, end);
      } else {
        i++;
      }
    }
    at = i;
    found.event(offset, sent);
  }

  private boolean isOffset(byte[] frame, int from, int end) {
    if (from + OFFSET.length + 3 > end) {
      return false;
    }
    for (int i = 1; i < OFFSET.length; i++) {
      if (frame[from + i] != OFFSET[i]) {
        return false;
      }
    }
    int quote = from + OFFSET.length + (sockJs ? 1 : 0);
    return frame[quote] == '"' && frame[quote + 1] == ':';
  }

  private static long number(byte[] frame, int from, int end) {
    long value = 0;
    int i = from;
    while (i < end && frame[i] >= '0' && frame[i] <= '9') {
      value = value * 10 + frame[i++] - '0';
    }
    return i == from ? -1 : value;
  }
}
