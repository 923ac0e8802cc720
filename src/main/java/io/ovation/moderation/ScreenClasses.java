package io.ovation.moderation;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * The sets of symbols that parts of a pattern read, without regard to case. Null stands for what is
 * not known.
 */
final class ScreenClasses {
  private ScreenClasses() {}

  static BitSet any() {
    return range(0, ScreenProgram.OTHER);
  }

  static BitSet of(int codePoint) {
    return folded(range(codePoint, codePoint));
  }

  /** Of the character behind a backslash. */
  static @Nullable BitSet escaped(int c) {
    switch (c) {
      case 'd':
        return range('0', '9');
      case 's':
        BitSet blanks = new BitSet();
        " \t\n\f\r".chars().forEach(blanks::set);
        return blanks;
      case 'w':
        BitSet word = range('0', '9');
        word.or(range('a', 'z'));
        word.or(range('A', 'Z'));
        word.set('_');
        return folded(word);
      case 'D', 'S', 'W':
        BitSet plain = escaped(Character.toLowerCase(c));
        return plain == null ? null : negated(plain);
      case 'n':
        return of('\n');
      case 't':
        return of('\t');
      case 'r':
        return of('\r');
      default:
        boolean itself = c > ' ' && c < 0x7F && !Character.isLetterOrDigit(c);
        return itself ? of(c) : null;
    }
  }

  /** Of what follows an opening bracket; reads the closing one. */
  static @Nullable BitSet bracket(ScreenParser in) {
    BitSet set = new BitSet();
    boolean negated = in.peek() == '^';
    if (negated) {
      in.take();
    }
    boolean first = true;
    for (int c = in.take(); c != ']' || first; c = in.take()) {
      first = false;
      if (c == 0 || (c == '[' && in.peek() == ':')) {
        return null;
      }
      BitSet one = c == '\\' ? escaped(in.take()) : of(c);
      if (one == null) {
        return null;
      }
      if (in.peek() == '-') {
        in.take();
        if (in.peek() == ']') {
          one.or(of('-'));
        } else {
          int last = in.take();
          if (c == '\\' || last == '\\' || last < c) {
            return null;
          }
          one = folded(range(c, last));
        }
      }
      set.or(one);
    }
    return negated ? negated(set) : set;
  }

  /** All characters but ASCII are one symbol, of which some are not in the set. */
  private static BitSet negated(BitSet set) {
    BitSet rest = any();
    rest.andNot(set);
    rest.set(ScreenProgram.OTHER);
    return rest;
  }

  private static BitSet range(int from, int to) {
    BitSet set = new BitSet();
    set.set(Math.min(from, ScreenProgram.OTHER), Math.min(to, ScreenProgram.OTHER) + 1);
    return set;
  }

  /** Both cases of each letter of ASCII. */
  private static BitSet folded(BitSet set) {
    BitSet all = new BitSet();
    all.or(set);
    for (int i = set.nextSetBit(0); i >= 0 && i < ScreenProgram.OTHER; i = set.nextSetBit(i + 1)) {
      all.set(Character.toLowerCase(i));
      all.set(Character.toUpperCase(i));
    }
    return all;
  }

  /**
   * Also the letters of ASCII that others fold to, and the other way round: K of kelvin, long s.
   */
  static BitSet widened(BitSet set) {
    BitSet all = new BitSet();
    all.or(set);
    if (set.get('k') || set.get('s')) {
      all.set(ScreenProgram.OTHER);
    }
    if (set.get(ScreenProgram.OTHER)) {
      "kKsS".chars().forEach(all::set);
    }
    return all;
  }
}
