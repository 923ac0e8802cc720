package io.ovation.deliver;

import static io.ovation.deliver.AutobahnCase.NOT_UTF8;
import static io.ovation.deliver.AutobahnCase.continuation;
import static io.ovation.deliver.AutobahnCase.first;
import static io.ovation.deliver.AutobahnCase.fragments;
import static io.ovation.deliver.AutobahnCase.join;
import static io.ovation.deliver.AutobahnCase.ping;
import static io.ovation.deliver.AutobahnCase.text;
import static io.ovation.deliver.AutobahnCase.utf8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * Chapter 6 of the Autobahn test suite: which bytes are UTF-8. The sequences of 6.5 to 6.23 are
 * those of Markus Kuhn's UTF-8 decoder stress test.
 */
final class AutobahnTextCases {
  private static final String GREEK = "cebae1bdb9cf83cebcceb5";
  private static final String BROKEN = GREEK + "eda080" + "656469746564";

  /** Above U+10FFFF. */
  private static final String TOO_HIGH = "f4908080";

  /** Sequences whose last byte is missing. */
  private static final List<String> CUT =
      List.of(
          "c0",
          "e080",
          "f08080",
          "f8808080",
          "fc80808080", //
          "df",
          "efbf",
          "f7bfbf",
          "fbbfbfbf",
          "fdbfbfbfbf");

  private AutobahnTextCases() {}

  private static AutobahnCase of(String number) {
    return new AutobahnCase(number);
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  static List<AutobahnCase> messages() {
    byte[] none = new byte[0];
    byte[] greek = bytes(GREEK);
    byte[] latin = utf8("Hello-µ@ßöäüàá-UTF-8!!");
    byte[] latin1 = utf8("Hello-µ@ßöä");
    byte[] latin2 = utf8("üàá-UTF-8!!");
    byte[] middle = utf8("middle frame payload");
    byte[] broken = bytes(BROKEN);
    byte[] empty = join(first(none), continuation(false, none), continuation(true, none));
    byte[] framed = join(first(none), continuation(false, middle), continuation(true, none));
    return List.of(
        of("6.1.1").writes(text(none)).echoes(none).closes(),
        of("6.1.2").writes(empty).echoes(none).closes(),
        of("6.1.3").writes(framed).echoes(middle).closes(),
        of("6.2.1").writes(text(latin)).echoes(latin).closes(),
        of("6.2.2").writes(first(latin1), continuation(true, latin2)).echoes(latin).closes(),
        of("6.2.3").writes(fragments(1, latin)).echoes(latin).closes(),
        of("6.2.4").writes(fragments(1, greek)).echoes(greek).closes(),
        of("6.3.1").writes(text(broken)).fails(NOT_UTF8),
        of("6.3.2").writes(fragments(1, broken)).fails(NOT_UTF8));
  }

  /**
   * The suite accepts two answers: to fail at the first wrong byte, or at the end of the message.
   * Ours is the latter.
   */
  static List<AutobahnCase> failFast() {
    byte[] all = bytes(GREEK + TOO_HIGH + "656469746564");
    return List.of(
        inFrames("6.4.1", all, 11, 15),
        inFrames("6.4.2", all, 12, 13),
        inChops("6.4.3", all, 11, 15),
        inChops("6.4.4", all, 12, 13));
  }

  private static AutobahnCase inFrames(String number, byte[] all, int second, int third) {
    return of(number)
        .writes(first(Arrays.copyOf(all, second)), ping("A"))
        .pongs("A")
        .writes(continuation(false, Arrays.copyOfRange(all, second, third)), ping("B"))
        .pongs("B")
        .writes(continuation(true, Arrays.copyOfRange(all, third, all.length)))
        .fails(NOT_UTF8);
  }

  private static AutobahnCase inChops(String number, byte[] all, int second, int third) {
    byte[] frame = text(all);
    int header = frame.length - all.length;
    return of(number)
        .writes(
            Arrays.copyOf(frame, header + second),
            Arrays.copyOfRange(frame, header + second, header + third),
            Arrays.copyOfRange(frame, header + third, frame.length))
        .fails(NOT_UTF8);
  }

  static List<AutobahnCase> sequences() {
    List<AutobahnCase> cases = new ArrayList<>();
    add(cases, 5, "68656c6c6f24776f726c64 68656c6c6fc2a2776f726c64 68656c6c6fe282ac776f726c64");
    add(cases, 5, "68656c6c6ff0a4ada2776f726c64 " + GREEK);
    List<Integer> whole = List.of(2, 5, 7, 9, 11);
    for (int size = 1; size <= GREEK.length() / 2; size++) {
      add(cases, 6, (whole.contains(size) ? "" : "!") + GREEK.substring(0, 2 * size));
    }
    add(cases, 7, "00 c280 e0a080 f0908080");
    add(cases, 8, "!f888808080 !fc8480808080");
    add(cases, 9, "7f dfbf efbfbf f48fbfbf");
    add(cases, 10, "!f7bfbfbf !fbbfbfbfbf !fdbfbfbfbfbf");
    add(cases, 11, "ed9fbf ee8080 efbfbd f48fbfbf !" + TOO_HIGH);
    add(
        cases,
        12,
        "!80 !bf !80bf !80bf80 !80bf80bf !80bf80bf80 !80bf80bf80bf !" + range(0x80, 0xbf, ""));
    add(cases, 13, "!" + range(0xc0, 0xdf, "20") + " !" + range(0xe0, 0xef, "20"));
    add(cases, 13, "!" + range(0xf0, 0xf7, "20") + " !" + range(0xf8, 0xfb, "20"));
    add(cases, 13, "!" + range(0xfc, 0xfd, "20"));
    CUT.forEach(cut -> add(cases, 14, "!" + cut));
    add(cases, 15, "!" + String.join("", CUT));
    add(cases, 16, "!fe !ff !fefeffff");
    add(cases, 17, "!c0af !e080af !f08080af !f8808080af !fc80808080af");
    add(cases, 18, "!c1bf !e09fbf !f08fbfbf !f887bfbfbf !fc83bfbfbfbf");
    add(cases, 19, "!c080 !e08080 !f0808080 !f880808080 !fc8080808080");
    add(cases, 20, "!eda080 !edadbf !edae80 !edafbf !edb080 !edbe80 !edbfbf");
    for (String high : List.of("eda080", "edadbf", "edae80", "edafbf")) {
      add(cases, 21, "!" + high + "edb080 !" + high + "edbfbf");
    }
    add(cases, 22, "efbfbe efbfbf");
    for (int plane = 1; plane <= 16; plane++) {
      String lead = Integer.toHexString(0xF08F + (plane / 4 << 8) + (plane % 4 << 4));
      add(cases, 22, lead + "bfbe " + lead + "bfbf");
    }
    add(cases, 23, "efbfb9 efbfba efbfbb efbfbc efbfbd efbfbe efbfbf");
    return cases;
  }

  /** The bytes from {@code from} to before {@code to}, each with {@code after} behind it. */
  private static String range(int from, int to, String after) {
    StringBuilder hex = new StringBuilder();
    for (int value = from; value < to; value++) {
      hex.append(Integer.toHexString(value)).append(after);
    }
    return hex.toString();
  }

  /**
   * @param texts in hexadecimal, separated by spaces; "!" before one that is not UTF-8
   */
  private static void add(List<AutobahnCase> cases, int chapter, String texts) {
    String prefix = "6." + chapter + ".";
    for (String hex : texts.split(" ")) {
      long before = cases.stream().filter(one -> one.toString().startsWith(prefix)).count();
      AutobahnCase one = of(prefix + (before + 1));
      byte[] payload = bytes(hex.replace("!", ""));
      one.writes(text(payload));
      cases.add(hex.startsWith("!") ? one.fails(NOT_UTF8) : one.echoes(payload).closes());
    }
  }
}
