package io.ovation.moderation;

import java.lang.Character.UnicodeScript;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A text as the word list compares it: in NFKC, case folded, without invisible characters and
 * combining marks, with lookalikes of other alphabets as the Latin letters that they look like.
 * Each character knows which part of the original it stands for.
 */
final class NormalizedText {
  private static final Map<Integer, Integer> LOOKALIKES =
      pairs(
          "аaбbвbгrеeзeиuкkмmнhоoпnрpсcтtуyхxіiјjѕsԁdһhԛqԝwєeґrьbѵvӏlԍg" // Cyrillic
              + "αaβbγyδdεeηnιiκkνvοoρpσoτtυuχxωwϲcϳj" // Greek
              + "օoսuոnհhցgզq" // Armenian
              + "ꭺaꮯcꭰdꭼeꮐgꮋhꭻjꮶkꮮlꮇmꮲpꮪsꭲtꮩvꮃwꮓz" // Cherokee
              + "ıiłløođdħhŧtɡgɑaɩiƒfʋvᴀaʙbᴄcᴅdᴇeꜰfɢgʜhɪiᴊjᴋkʟlᴍmɴnᴏoᴘpʀrꜱsᴛtᴜuᴠvᴡwʏyᴢz"); // Latin

  /** First letters of alphabets of symbols that have no normal form: 🅐, 🅰, and 🇦 of flags. */
  private static final int[] SYMBOLS = {0x1F150, 0x1F170, 0x1F1E6};

  private static final int LETTERS = 26;
  private static final int[] NONE = {};

  /**
   * The normal forms that were asked for, of characters below U+20000: 7 MB if all of them were.
   */
  private static final String[][] KNOWN = new String[0x200][];

  final String original;

  /** To be read only. An array, since a loop over a String looks up its encoding each time. */
  final char[] chars;

  private @Nullable String text;

  /** Where in the original each character begins; empty if nothing moved. */
  private final int[] starts;

  /** Where in the original each character ends; empty if nothing moved. */
  private final int[] ends;

  NormalizedText(String original) {
    this.original = original;
    char[] ascii = original.toCharArray();
    if (lowerCase(ascii)) {
      this.chars = ascii;
      this.starts = NONE;
      this.ends = NONE;
      return;
    }
    StringBuilder out = new StringBuilder(original.length());
    int[] begin = new int[original.length() + 8];
    int[] end = new int[begin.length];
    for (int at = 0; at < original.length(); ) {
      int codePoint = original.codePointAt(at);
      if (codePoint < 0x80 && out.length() < begin.length) {
        begin[out.length()] = at++;
        end[out.length()] = at;
        out.append((char) Character.toLowerCase(codePoint));
        continue;
      }
      int next = at + Character.charCount(codePoint);
      String normal = normalize(codePoint, out.isEmpty() ? ' ' : out.codePointBefore(out.length()));
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
    this.chars = text.toCharArray();
    this.starts = begin;
    this.ends = end;
  }

  /** Most texts are ASCII, and these need no more; false for others. */
  private static boolean lowerCase(char[] text) {
    for (int i = 0; i < text.length; i++) {
      char c = text[i];
      if (c >= 0x80) {
        return false;
      }
      if (c >= 'A' && c <= 'Z') {
        text[i] = (char) (c + 'a' - 'A');
      }
    }
    return true;
  }

  static String of(String text) {
    return new NormalizedText(text).text();
  }

  String text() {
    if (text == null) {
      text = new String(chars);
    }
    return text;
  }

  /** The original's index at which the characters from {@code from} on begin. */
  int originalStart(int from) {
    return starts.length == 0 ? from : starts[from];
  }

  /** The original's index at which the characters before {@code to} end. */
  int originalEnd(int to) {
    return ends.length == 0 ? to : ends[to - 1];
  }

  /**
   * @param before the character that a mark changes
   */
  private static String normalize(int codePoint, int before) {
    int page = codePoint >> 8;
    String[] known = page < KNOWN.length ? KNOWN[page] : null;
    if (known != null && known[codePoint & 0xFF] != null) {
      return known[codePoint & 0xFF]; // Threads that race write the same.
    }
    String plain = Normalizer.normalize(Character.toString(codePoint), Normalizer.Form.NFKD);
    String normal = normalize(plain, before);
    int first = plain.codePointAt(0);
    boolean alone = plain.length() == Character.charCount(first);
    if (page < KNOWN.length && !isMark(first, 'a') && (alone || !isInvisible(first))) {
      known = known == null ? new String[0x100] : known;
      known[codePoint & 0xFF] = normal;
      KNOWN[page] = known;
    }
    return normal;
  }

  private static String normalize(String plain, int before) {
    StringBuilder out = new StringBuilder(plain.length());
    plain
        .codePoints()
        .filter(c -> !isInvisible(c))
        .filter(c -> !isMark(c, out.isEmpty() ? before : out.codePointBefore(out.length())))
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

  private static Map<Integer, Integer> pairs(String letters) {
    Map<Integer, Integer> pairs = new HashMap<>();
    for (int i = 0; i < letters.length(); i += 2) {
      pairs.put((int) letters.charAt(i), (int) letters.charAt(i + 1));
    }
    return Map.copyOf(pairs);
  }

  private static int lookalike(int codePoint) {
    for (int first : SYMBOLS) {
      if (codePoint >= first && codePoint < first + LETTERS) {
        return 'a' + codePoint - first;
      }
    }
    return codePoint < 0x80 ? codePoint : LOOKALIKES.getOrDefault(codePoint, codePoint);
  }

  /**
   * Whether it only adorns what is before it: an accent, a ring, a variant. In scripts whose own
   * marks make another letter, as the vowels of Hindi and the voicing of Japanese do, they stay.
   */
  private static boolean isMark(int codePoint, int before) {
    int type = Character.getType(codePoint);
    if (type != Character.NON_SPACING_MARK && type != Character.ENCLOSING_MARK) {
      return false;
    }
    boolean voicing = codePoint == 0x3099 || codePoint == 0x309A;
    return (UnicodeScript.of(codePoint) == UnicodeScript.INHERITED && !voicing)
        || switch (UnicodeScript.of(before)) {
          case LATIN, GREEK, CYRILLIC, COMMON -> true;
          default -> false;
        };
  }

  private static boolean isInvisible(int codePoint) {
    return Character.getType(codePoint) == Character.FORMAT
        || codePoint == 0x115F
        || codePoint == 0x1160
        || codePoint == 0x2800
        || codePoint == 0x3164
        || codePoint == 0xFFA0
        || codePoint == 0xFFFC;
  }
}
