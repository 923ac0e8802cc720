package io.ovation.deliver;

import static io.ovation.deliver.AutobahnCase.PROTOCOL_ERROR;
import static io.ovation.deliver.AutobahnCase.chopped;
import static io.ovation.deliver.AutobahnCase.close;
import static io.ovation.deliver.AutobahnCase.continuation;
import static io.ovation.deliver.AutobahnCase.first;
import static io.ovation.deliver.AutobahnCase.fragments;
import static io.ovation.deliver.AutobahnCase.join;
import static io.ovation.deliver.AutobahnCase.ping;
import static io.ovation.deliver.AutobahnCase.text;
import static io.ovation.deliver.AutobahnCase.utf8;

import io.ovation.testkit.RawViewer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * Chapters 1 to 5, 7, 9 and 10 of the Autobahn test suite: frames, fragments, closing and sizes.
 * Where the suite asks for a pause, these cases wait for an answer. docs/connections.md lists what
 * is left out.
 */
final class AutobahnCases {
  private static final String HELLO = "Hello, world!";
  private static final int KIB = 1024;
  private static final int MIB = 1024 * KIB;

  private AutobahnCases() {}

  private static AutobahnCase of(String number) {
    return new AutobahnCase(number);
  }

  private static byte[] stars(int size) {
    byte[] payload = new byte[size];
    Arrays.fill(payload, (byte) '*');
    return payload;
  }

  private static byte[] frame(int opcode, byte[] payload) {
    return RawViewer.frame(true, opcode, payload);
  }

  private static byte[] pong(String payload) {
    return frame(RawViewer.PONG, utf8(payload));
  }

  private static byte[] reserved(int bits, byte[] frame) {
    frame[0] |= (byte) (bits << 4);
    return frame;
  }

  static List<AutobahnCase> texts() {
    List<AutobahnCase> cases = new ArrayList<>();
    int[] sizes = {0, 125, 126, 127, 128, 65_535, 65_536};
    for (int i = 0; i < sizes.length; i++) {
      byte[] payload = stars(sizes[i]);
      cases.add(of("1.1." + (i + 1)).writes(text(payload)).echoes(payload).closes());
    }
    byte[] long64 = stars(65_536);
    cases.add(of("1.1.8").writes(chopped(997, text(long64))).echoes(long64).closes());
    cases.add(of("10.1.1").writes(fragments(1300, long64)).echoes(long64).closes());
    return cases;
  }

  static List<AutobahnCase> pings() {
    List<AutobahnCase> cases = new ArrayList<>();
    byte[] longest = new byte[125];
    Arrays.fill(longest, (byte) 0xFE);
    byte[] binary = HexFormat.of().parseHex("00fffefdfcfb00ff");
    byte[][] payloads = {new byte[0], utf8(HELLO), binary, longest};
    for (int i = 0; i < payloads.length; i++) {
      byte[] payload = payloads[i];
      cases.add(
          of("2." + (i + 1))
              .writes(frame(RawViewer.PING, payload))
              .answered(RawViewer.PONG, payload)
              .closes());
    }
    cases.add(of("2.5").writes(frame(RawViewer.PING, new byte[126])).fails(PROTOCOL_ERROR));
    byte[][] octets = chopped(1, frame(RawViewer.PING, longest));
    cases.add(of("2.6").writes(octets).answered(RawViewer.PONG, longest).closes());
    cases.add(of("2.7").writes(pong("")).closes());
    cases.add(of("2.8").writes(pong("unsolicited")).closes());
    cases.add(of("2.9").writes(pong("unsolicited"), ping("payload")).pongs("payload").closes());
    byte[] ten = new byte[0];
    for (int i = 0; i < 10; i++) {
      ten = join(ten, ping("payload-" + i));
    }
    cases.add(tenPongs(of("2.10").writes(ten)).closes());
    cases.add(tenPongs(of("2.11").writes(chopped(1, ten))).closes());
    return cases;
  }

  private static AutobahnCase tenPongs(AutobahnCase pings) {
    for (int i = 0; i < 10; i++) {
      pings.pongs("payload-" + i);
    }
    return pings;
  }

  /** What came before a bad frame is answered; what comes after it is not. */
  static List<AutobahnCase> reservedBits() {
    byte[] bad2 = reserved(2, text(HELLO));
    byte[] bad3 = reserved(3, text(HELLO));
    byte[] all4 = join(text(HELLO), reserved(4, text(HELLO)), ping(""));
    return List.of(
        of("3.1").writes(reserved(1, text(HELLO))).fails(PROTOCOL_ERROR),
        of("3.2").writes(join(text(HELLO), bad2, ping(""))).echoes(HELLO).fails(PROTOCOL_ERROR),
        of("3.3").writes(text(HELLO), bad3, ping("")).echoes(HELLO).fails(PROTOCOL_ERROR),
        of("3.4").writes(chopped(1, all4)).echoes(HELLO).fails(PROTOCOL_ERROR),
        of("3.5").writes(reserved(5, frame(RawViewer.BINARY, utf8("x")))).fails(PROTOCOL_ERROR),
        of("3.6").writes(reserved(6, ping(HELLO))).fails(PROTOCOL_ERROR),
        of("3.7").writes(reserved(7, frame(RawViewer.CLOSE, new byte[0]))).fails(PROTOCOL_ERROR));
  }

  static List<AutobahnCase> opcodes() {
    List<AutobahnCase> cases = new ArrayList<>();
    for (int chapter = 1; chapter <= 2; chapter++) {
      String number = "4." + chapter + ".";
      int opcode = chapter == 1 ? 3 : 11;
      byte[] none = new byte[0];
      byte[] some = utf8("reserved opcode payload");
      byte[] octets = join(text(HELLO), frame(opcode + 4, some), ping(""));
      cases.add(of(number + 1).writes(frame(opcode, none)).fails(PROTOCOL_ERROR));
      cases.add(of(number + 2).writes(frame(opcode + 1, some)).fails(PROTOCOL_ERROR));
      cases.add(afterText(number + 3, frame(opcode + 2, none)));
      cases.add(afterText(number + 4, frame(opcode + 3, some)));
      cases.add(of(number + 5).writes(chopped(1, octets)).echoes(HELLO).fails(PROTOCOL_ERROR));
    }
    return cases;
  }

  private static AutobahnCase afterText(String number, byte[] bad) {
    return of(number).writes(join(text(HELLO), bad, ping(""))).echoes(HELLO).fails(PROTOCOL_ERROR);
  }

  static List<AutobahnCase> fragmented() {
    byte[] start = first("fragment1");
    byte[] middle = ping("ping payload");
    byte[] end = continuation(true, "fragment2");
    byte[] two = join(start, end);
    byte[] three = join(start, middle, end);
    String both = "fragment1fragment2";
    return List.of(
        of("5.1").writes(RawViewer.frame(false, RawViewer.PING, utf8("x")), end).fails(1002),
        of("5.2").writes(RawViewer.frame(false, RawViewer.PONG, utf8("x")), end).fails(1002),
        of("5.3").writes(two).echoes(both).closes(),
        of("5.4").writes(start, end).echoes(both).closes(),
        of("5.5").writes(chopped(1, two)).echoes(both).closes(),
        of("5.6").writes(three).pongs("ping payload").echoes(both).closes(),
        of("5.7").writes(start, middle, end).pongs("ping payload").echoes(both).closes(),
        of("5.8").writes(chopped(1, three)).pongs("ping payload").echoes(both).closes());
  }

  /** A continuation where nothing is to be continued, and a text where one is. */
  static List<AutobahnCase> outOfOrder() {
    List<AutobahnCase> cases = new ArrayList<>();
    for (boolean last : new boolean[] {true, false}) {
      int number = last ? 9 : 12;
      byte[] bad = continuation(last, "non-continuation payload");
      byte[] all = join(bad, text(HELLO));
      cases.add(of("5." + number).writes(all).fails(PROTOCOL_ERROR));
      cases.add(of("5." + (number + 1)).writes(bad, text(HELLO)).fails(PROTOCOL_ERROR));
      cases.add(of("5." + (number + 2)).writes(chopped(1, all)).fails(PROTOCOL_ERROR));
      byte[] repeated = join(bad, first("fragment2"), continuation(true, "fragment3"));
      cases.add(of(last ? "5.17" : "5.16").writes(repeated, repeated).fails(PROTOCOL_ERROR));
    }
    byte[] start = first("fragment1");
    byte[] two = join(start, continuation(true, "fragment2"));
    byte[] more = join(continuation(false, "fragment3"), text("fragment4"));
    cases.add(of("5.15").writes(join(two, more)).echoes("fragment1fragment2").fails(1002));
    cases.add(of("5.18").writes(join(start, text("fragment2"))).fails(PROTOCOL_ERROR));
    for (String number : List.of("5.19", "5.20")) {
      byte[][] begin = {start, continuation(false, "fragment2"), ping("1")};
      byte[][] finish = {continuation(false, "fragment3"), ping("2"), continuation(true, "4")};
      boolean framewise = number.equals("5.20");
      cases.add(
          of(number)
              .writes(framewise ? begin : new byte[][] {join(begin)})
              .pongs("1")
              .writes(framewise ? finish : new byte[][] {join(finish)})
              .pongs("2")
              .echoes("fragment1fragment2fragment34")
              .closes());
    }
    return cases;
  }

  static List<AutobahnCase> closing() {
    List<AutobahnCase> cases = new ArrayList<>();
    byte[] normal = close(1000);
    byte[] empty = frame(RawViewer.CLOSE, new byte[0]);
    cases.add(of("7.1.1").writes(text(HELLO)).echoes(HELLO).closes());
    cases.add(of("7.1.2").closes(1000, join(normal, empty)));
    cases.add(of("7.1.3").closes(1000, join(normal, ping(""))));
    cases.add(of("7.1.4").closes(1000, join(normal, text(HELLO))));
    byte[] rest = continuation(true, "fragment2");
    cases.add(of("7.1.5").closes(1000, join(first("fragment1"), normal, rest)));
    cases.add(of("7.3.1").closes(1005, empty));
    cases.add(of("7.3.2").closes(PROTOCOL_ERROR, frame(RawViewer.CLOSE, utf8("a"))));
    cases.add(of("7.3.3").closes(1000, normal));
    cases.add(of("7.3.4").closes(1000, close(1000, utf8("Hello World!"))));
    cases.add(of("7.3.5").closes(1000, close(1000, stars(123))));
    cases.add(of("7.3.6").writes(close(1000, stars(124))).fails(PROTOCOL_ERROR));
    byte[] broken = HexFormat.of().parseHex("cebae1bdb9cf83cebcceb5eda080656469746564");
    cases.add(of("7.5.1").closes(AutobahnCase.NOT_UTF8, close(1000, broken)));
    int[] valid = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999};
    for (int i = 0; i < valid.length; i++) {
      cases.add(of("7.7." + (i + 1)).closes(valid[i], close(valid[i])));
    }
    int[] invalid = {0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999};
    for (int i = 0; i < invalid.length; i++) {
      cases.add(of("7.9." + (i + 1)).closes(PROTOCOL_ERROR, close(invalid[i])));
    }
    cases.add(of("7.13.1").closes(PROTOCOL_ERROR, close(5000)));
    cases.add(of("7.13.2").closes(PROTOCOL_ERROR, close(65_535)));
    return cases;
  }

  /** Up to the largest limit that can be configured, and that larger messages are refused. */
  static List<AutobahnCase> sizes() {
    List<AutobahnCase> cases = new ArrayList<>();
    int[] whole = {64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB};
    for (int i = 0; i < whole.length; i++) {
      AutobahnCase one = of("9.1." + (i + 1)).writes(text(stars(whole[i])));
      cases.add(whole[i] > MIB ? one.isTooLarge() : one.echoes(stars(whole[i])).closes());
    }
    for (int i = 0, size = 64; i < 9; i++, size *= 4) {
      byte[] frames = fragments(size, stars(4 * MIB));
      cases.add(of("9.3." + (i + 1)).writes(frames).isTooLarge());
    }
    byte[] mebi = stars(MIB);
    for (int i = 0, chop = 64; i < 6; i++, chop *= 2) {
      cases.add(of("9.5." + (i + 1)).writes(chopped(chop, text(mebi))).echoes(mebi).closes());
    }
    return cases;
  }
}
