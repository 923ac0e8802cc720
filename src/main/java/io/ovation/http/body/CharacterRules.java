package io.ovation.http.body;

import java.lang.Character.UnicodeScript;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which characters names and texts may have. Names have no control, invisible or direction-changing
 * characters. Texts may have line breaks, and invisible characters where they shape the visible
 * ones next to them: in emoji, and in scripts that need joiners. Two names that look the same are
 * one name or refused, so that nobody can pass for somebody else.
 *
 * <p>Characters that this version of Unicode does not know are allowed: they may be new emoji.
 */
final class CharacterRules {
  private static final int JOINER = 0x200D;
  private static final int NON_JOINER = 0x200C;
  private static final int EMOJI_SELECTOR = 0xFE0F;
  private static final int BLANK_BRAILLE = 0x2800;
  private static final int BLACK_FLAG = 0x1F3F4;
  private static final int CANCEL_TAG = 0xE007F;

  /** Tags in a flag of a region, as in that of Scotland: five letters and the end. */
  private static final int MAX_TAGS = 7;

  /** Scripts in which words are misspelt without joiners (Unicode 15.0, 23.2). */
  private static final Set<UnicodeScript> JOINING =
      EnumSet.of(
          UnicodeScript.ARABIC,
          UnicodeScript.BENGALI,
          UnicodeScript.DEVANAGARI,
          UnicodeScript.GUJARATI,
          UnicodeScript.GURMUKHI,
          UnicodeScript.KANNADA,
          UnicodeScript.KHMER,
          UnicodeScript.MALAYALAM,
          UnicodeScript.MANDAIC,
          UnicodeScript.MONGOLIAN,
          UnicodeScript.MYANMAR,
          UnicodeScript.NKO,
          UnicodeScript.ORIYA,
          UnicodeScript.SINHALA,
          UnicodeScript.SYRIAC,
          UnicodeScript.TAMIL,
          UnicodeScript.TELUGU);

  /** Letters of these scripts have no variants that a selector chooses. */
  private static final Set<UnicodeScript> WITHOUT_VARIANTS =
      EnumSet.of(UnicodeScript.LATIN, UnicodeScript.GREEK, UnicodeScript.CYRILLIC);

  /**
   * Code points without a glyph, as first and last of each range: Default_Ignorable_Code_Point, and
   * others that fonts leave blank.
   */
  private static final int[] INVISIBLE = {
    0x00AD,
    0x00AD,
    0x034F,
    0x034F,
    0x115F,
    0x1160,
    0x17B4,
    0x17B5,
    0x180B,
    0x180F,
    0x200B,
    0x200D,
    0x2060,
    0x2065,
    0x206A,
    0x206F,
    BLANK_BRAILLE,
    BLANK_BRAILLE,
    0x3164,
    0x3164,
    0xFE00,
    0xFE0F,
    0xFEFF,
    0xFEFF,
    0xFFA0,
    0xFFA0,
    0xFFF0,
    0xFFFB,
    0x13430,
    0x1343F,
    0x13441,
    0x13442,
    0x16FE4,
    0x16FE4,
    0x1BCA0,
    0x1BCA3,
    0x1D159,
    0x1D159,
    0x1D173,
    0x1D17A,
    0xE0000,
    0xE0FFF
  };

  private CharacterRules() {}

  /** Why {@code text} is refused, to follow the field's name; null if it is not. */
  static @Nullable String fault(String text, boolean isName) {
    boolean blank = true;
    int previous = -1;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      String kind = c < 0x7F && c >= ' ' ? null : kind(c);
      int end = i + Character.charCount(c);
      if (kind != null) {
        int allowed = isName ? -1 : allowedInText(text, i, c, previous);
        if (allowed < 0) {
          return "has U+%04X as its character %d, which %s"
              .formatted(c, text.codePointCount(0, i) + 1, kind);
        }
        end = allowed;
      } else if (blank && !Character.isWhitespace(c) && !Character.isSpaceChar(c)) {
        blank = false;
      }
      previous = text.codePointBefore(end);
      i = end;
    }
    return blank ? "must not be blank" : null;
  }

  /** What is wrong with the character in a name; null if nothing is. */
  private static @Nullable String kind(int c) {
    if (Character.getType(c) == Character.CONTROL) {
      return "is a control character";
    }
    if (c == 0x2028 || c == 0x2029) {
      return "is a line break";
    }
    if (isDirection(c)) {
      return "changes the direction of text";
    }
    if ((c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF)) {
      return "is not a character";
    }
    return isInvisible(c) ? "is invisible" : null;
  }

  /** Where the text goes on behind a special character that is allowed there; -1 if it is not. */
  private static int allowedInText(String text, int at, int c, int previous) {
    int end = at + Character.charCount(c);
    boolean allowed =
        switch (c) {
          case '\n', '\r', 0x85, 0x2028, 0x2029, BLANK_BRAILLE -> true;
          case JOINER ->
              needsJoiners(previous)
                  || (end < text.length()
                      && endsEmoji(previous)
                      && isSymbol(text.codePointAt(end)));
          case NON_JOINER -> needsJoiners(previous);
          default -> isSelector(c) && hasVariants(previous);
        };
    if (allowed) {
      return end;
    }
    return previous == BLACK_FLAG ? flagEnd(text, at) : -1;
  }

  /** The end of the tags of a flag; tags in any other place would be a hidden text. */
  private static int flagEnd(String text, int at) {
    int end = at;
    for (int tags = 0; tags < MAX_TAGS && end < text.length(); tags++) {
      int c = text.codePointAt(end);
      end += Character.charCount(c);
      if (c == CANCEL_TAG) {
        return tags == 0 ? -1 : end;
      }
      if (c < 0xE0020 || c > CANCEL_TAG) {
        return -1;
      }
    }
    return -1;
  }

  private static boolean needsJoiners(int c) {
    return c >= 0 && JOINING.contains(UnicodeScript.of(c));
  }

  private static boolean endsEmoji(int c) {
    boolean skinTone = c >= 0x1F3FB && c <= 0x1F3FF;
    return c == EMOJI_SELECTOR || c == CANCEL_TAG || skinTone || isSymbol(c);
  }

  /** Emoji are symbols; those that are newer than this Java are unassigned. */
  private static boolean isSymbol(int c) {
    int type = c < 0 ? -1 : Character.getType(c);
    return type == Character.OTHER_SYMBOL
        || type == Character.MATH_SYMBOL
        || (type == Character.UNASSIGNED && c >= 0x1F000 && c < 0x20000);
  }

  private static boolean isSelector(int c) {
    return (c >= 0xFE00 && c <= 0xFE0F)
        || (c >= 0x180B && c <= 0x180F && c != 0x180E)
        || (c >= 0xE0100 && c <= 0xE01EF);
  }

  private static boolean hasVariants(int c) {
    return c >= 0
        && kind(c) == null
        && !Character.isSpaceChar(c)
        && !(Character.isLetter(c) && WITHOUT_VARIANTS.contains(UnicodeScript.of(c)));
  }

  private static boolean isDirection(int c) {
    return c == 0x061C
        || c == 0x200E
        || c == 0x200F
        || (c >= 0x202A && c <= 0x202E)
        || (c >= 0x2066 && c <= 0x2069);
  }

  private static boolean isInvisible(int c) {
    for (int i = 0; i < INVISIBLE.length && INVISIBLE[i] <= c; i += 2) {
      if (c <= INVISIBLE[i + 1]) {
        return true;
      }
    }
    return false;
  }
}
