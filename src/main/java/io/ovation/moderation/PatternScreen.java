package io.ovation.moderation;

import java.util.ArrayList;
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

  private final ScreenProgram program;

  /** Symbol → its class: symbols that the pattern treats alike. */
  private final int[] classes;

  private final int classCount;
  private volatile Cache cache;

  /** States by their instructions, guarded by the screen's lock; and the one that is first. */
  private static final class Cache {
    final Map<BitSet, State> states = new HashMap<>();
    final State begin;
    int misses;

    Cache(State begin) {
      this.begin = begin;
      states.put(begin.instructions, begin);
    }
  }

  /** Written by a thread that holds the lock; others see a state whole, or not yet. */
  private static final class State {
    final BitSet instructions;
    final boolean matches;
    final boolean matchesAtEnd;
    final @Nullable State[] next;

    State(BitSet instructions, boolean matches, boolean matchesAtEnd, int classes) {
      this.instructions = instructions;
      this.matches = matches;
      this.matchesAtEnd = matchesAtEnd;
      this.next = new State[classes];
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
    this.classCount = kinds.size();
    this.cache = empty();
  }

  /**
   * Of a pattern that RE2J accepts without regard to case; null if it has what is not known here.
   */
  static @Nullable PatternScreen of(String pattern) {
    ScreenProgram program = ScreenParser.parse(pattern);
    return program == null ? null : new PatternScreen(program);
  }

  /** False if the pattern matches nothing in the text. */
  boolean mayMatch(String text) {
    if (text.isEmpty()) {
      return true;
    }
    Cache used = cache;
    State state = used.begin;
    int left = MAX_NEW_PER_TEXT;
    for (int i = 0; i < text.length(); i++) {
      if (state.matches) {
        return true;
      }
      char c = text.charAt(i);
      int symbol = c < ScreenProgram.OTHER ? c : ScreenProgram.OTHER;
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      }
      State next = state.next[classes[symbol]];
      if (next == null) {
        next = left-- > 0 ? add(used, state, symbol) : null;
        if (next == null) {
          return true;
        }
      }
      state = next;
    }
    return state.matchesAtEnd;
  }

  private Cache empty() {
    return new Cache(state(program.closure(new BitSet(), true)));
  }

  private synchronized @Nullable State add(Cache used, State from, int symbol) {
    BitSet closed = program.closure(program.step(from.instructions, symbol), false);
    State to = used.states.get(closed);
    if (to == null) {
      if (used.states.size() >= MAX_STATES) {
        if (++used.misses == MISSES) {
          cache = empty();
        }
        return null;
      }
      to = state(closed);
      used.states.put(closed, to);
    }
    from.next[classes[symbol]] = to;
    return to;
  }

  private State state(BitSet instructions) {
    return new State(
        instructions,
        program.matches(instructions, false),
        program.matches(instructions, true),
        classCount);
  }
}
