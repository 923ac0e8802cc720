package io.ovation.moderation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Says of most texts that a pattern of RE2 matches nothing in them, in a few nanoseconds per
 * character. RE2J itself takes a hundred times as long for a text that is made to be slow. A
 * deterministic automaton, of which states are made when a text first needs them, as in RE2's own
 * implementation in C++. All characters but ASCII are one symbol, so a text that passes need not
 * match. Any thread.
 */
final class PatternScreen {
  /** Beyond it, texts that need another state are not screened, until all states are forgotten. */
  private static final int MAX_STATES = 1_024;

  /** A text that needs more new ones is not screened further: making one takes microseconds. */
  private static final int MAX_NEW_PER_TEXT = 128;

  /** After this number of texts without room, all states are forgotten: other texts come now. */
  private static final int MISSES = 1_000;

  /** In place of the next state: the pattern has matched. */
  private static final int MATCHES = -1;

  private static final int NO_ROOM = -2;

  private final ScreenProgram program;

  /** Symbol → its class: symbols that the pattern treats alike. */
  private final int[] classes;

  /** A state's places in the table: one for each class, and one for the end of the text. */
  private final int width;

  private volatile Cache cache;

  /**
   * The states that are known. A state is its row in the table, plus 1. A row has the next state
   * for each class of symbols, 0 where that is not known yet; behind them, {@link #MATCHES} if the
   * pattern matches at the end of the text. Written by threads that hold the screen's lock. Others
   * read a place as it was written, or still as 0, and in a table only states that have a row in
   * it.
   */
  private final class Cache {
    final Map<BitSet, Integer> states = new HashMap<>();
    final List<BitSet> instructions = new ArrayList<>();
    final int begin;
    volatile int[] table = new int[8 * width];
    int misses;

    Cache() {
      begin = add(program.closure(new BitSet(), true));
    }

    /** Returns the new state, or that it has matched. */
    int add(BitSet closed) {
      int state = MATCHES;
      if (!program.matches(closed, false)) {
        int row = instructions.size() * width;
        if (row == table.length) {
          table = Arrays.copyOf(table, 2 * row);
        }
        table[row + width - 1] = program.matches(closed, true) ? MATCHES : 1;
        instructions.add(closed);
        state = row + 1;
      }
      states.put(closed, state);
      return state;
    }
  }

  private PatternScreen(ScreenProgram program) {
    this.program = program;
    this.classes = new int[ScreenProgram.SYMBOLS];
    Map<List<Boolean>, Integer> kinds = new HashMap<>();
    for (int symbol = 0; symbol < classes.length; symbol++) {
      List<Boolean> kind = new ArrayList<>();
      for (BitSet set : program.sets()) {
        kind.add(set.get(symbol));
      }
      classes[symbol] = kinds.computeIfAbsent(kind, k -> kinds.size());
    }
    this.width = kinds.size() + 1;
    this.cache = new Cache();
  }

  /**
   * Of a pattern that RE2J accepts without regard to case; null if it has what is not known here.
   */
  static @Nullable PatternScreen of(String pattern) {
    ScreenProgram program = ScreenParser.parse(pattern);
    return program == null ? null : new PatternScreen(program);
  }

  /** False if the pattern matches nothing in the text. */
  boolean mayMatch(char[] text) {
    Cache used = cache;
    int state = used.begin;
    if (text.length == 0 || state < 0) {
      return true;
    }
    int[] table = used.table;
    int left = MAX_NEW_PER_TEXT;
    for (int i = 0; i < text.length; i++) {
      int symbol = text[i];
      if (symbol >= ScreenProgram.OTHER) {
        i += Character.charCount(Character.codePointAt(text, i)) - 1;
        symbol = ScreenProgram.OTHER;
      }
      int next = table[state - 1 + classes[symbol]];
      if (next == 0 && left-- > 0) {
        next = next(used, state - 1, symbol);
        table = used.table;
      }
      if (next <= 0) {
        return true;
      }
      state = next;
    }
    return table[state - 1 + width - 1] <= 0;
  }

  private synchronized int next(Cache used, int row, int symbol) {
    int place = row + classes[symbol];
    if (used.table[place] != 0) {
      return used.table[place];
    }
    BitSet from = used.instructions.get(row / width);
    BitSet closed = program.closure(program.step(from, symbol), false);
    Integer known = used.states.get(closed);
    if (known == null) {
      if (used.states.size() >= MAX_STATES) {
        if (++used.misses == MISSES) {
          cache = new Cache();
        }
        return NO_ROOM;
      }
      known = used.add(closed);
    }
    used.table[place] = known;
    return known;
  }
}
