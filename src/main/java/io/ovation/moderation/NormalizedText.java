package io.ovation.moderation;

import java.text.Normalizer;
import java.util.Arrays;

/**
 * A text as the word list compares it: in NFKC, case folded, without invisible characters and
 * combining marks, with lookalikes of other alphabets as the Latin letters that they look like.
 * Each character knows which part of the original it stands for.
 */
final class NormalizedText {
  private static final String LOOKALIKES =
      "аaбbвbгrеeзeиuкkмmнhоoпnрpсcтtуyхxіiјjѕsԁdһhԛqԝwєeґr" // Cyrillic
          + "αaβbγyδdεeηnιiκkνvοoρpσoτtυuχxωwϲcϳj" // Greek
          + "ıiłløođdħhŧtʟlɡgɑaɩiʀrᴀaᴄcᴅdᴇeᴋkᴏoᴘpᴛtᴜuᴠvᴡw"; // Latin

  final String original;
  final String text;

  /** Where in the original each character begins, and where the last one ends. */
  private final int[] starts;

  private final int[] ends;

  NormalizedText(String original) {
    this.original = original;
    StringBuilder out = new StringBuilder(original.length());
    int[] begin = new int[original.length() + 8];
    int[] end = new int[begin.length];
    for (int at = 0; at < original.length(); ) {
      int codePoint = original.codePointAt(at);
      int next = at + Character.charCount(codePoint);
      String normal = normalize(codePoint);
      if (out.length() + normal.length() > begin.length) {
        begin = Arrays.copyOf(begin, 2 * begin.length + normal.length());
        end = Arrays.copyOf(end, begin.length);
      }
      for (int i = 0; i < normal.length(); i++) {
        begin[out.length()] = at;
        end[out.length()] = next;
        out.append(normal.charAt(i));
      }
      at = next;
    }
    this.text = out.toString();
    this.starts = begin;
    this.ends = end;
  }

  static String of(String text) {
    return new NormalizedText(text).text;
  }

  /** The original's index at which the characters from {@code from} on begin. */
  int originalStart(int from) {
    return starts[from];
  }

  /** The original's index at which the characters before {@code to} end. */
  int originalEnd(int to) {
    return ends[to - 1];
  }

  private static String normalize(int codePoint) {
    if (codePoint < 0x80) {
      return String.valueOf((char) Character.toLowerCase(codePoint));
    }
    if (isInvisible(codePoint)) {
      return "";
    }
    String plain = Normalizer.normalize(Character.toString(codePoint), Normalizer.Form.NFKD);
    StringBuilder out = new StringBuilder(plain.length());
    plain
        .codePoints()
        .filter(c -> !isInvisible(c))
        .forEach(
            c -> {
              int folded = Character.toLowerCase(Character.toUpperCase(c));
              if (folded == 'ß') {
                out.append("ss");
              } else {
                out.appendCodePoint(lookalike(folded));
              }
            });
    return out.toString();
  }

  private static int lookalike(int codePoint) {
    for (int i = 0; codePoint >= 0x80 && i < LOOKALIKES.length(); i += 2) {
      if (LOOKALIKES.charAt(i) == codePoint) {
        return LOOKALIKES.charAt(i + 1);
      }
    }
    return codePoint;
  }

  private static boolean isInvisible(int codePoint) {
    return Character.getType(codePoint) == Character.FORMAT
        || (codePoint >= 0x300 && codePoint <= 0x36F)
        || (codePoint >= 0xFE00 && codePoint <= 0xFE0F)
        || codePoint == 0x115F
        || codePoint == 0x1160
        || codePoint == 0x3164
        || codePoint == 0xFFA0;
  }
}
