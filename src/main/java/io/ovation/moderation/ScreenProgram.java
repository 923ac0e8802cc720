package io.ovation.moderation;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * A pattern as a nondeterministic automaton (Thompson, 1968). Instructions are numbered; one that
 * reads a symbol is followed by the next one.
 */
final class ScreenProgram {
  /** ASCII, and one for all other characters. */
  static final int SYMBOLS = 129;

  static final int OTHER = 128;

  private enum Kind {
    READ,
    SPLIT,
    BEGIN,
    END,
    MATCH
  }

  private record Instruction(Kind kind, BitSet set, int[] next) {}

  private final List<Instruction> instructions = new ArrayList<>();

  int size() {
    return instructions.size();
  }

  /** Reads one symbol of the set. */
  void read(BitSet set) {
    instructions.add(new Instruction(Kind.READ, set, new int[] {size() + 1}));
  }

  /**
   * Goes on at several places.
   *
   * @return the places, to be filled in
   */
  int[] split(int places) {
    int[] next = new int[places];
    instructions.add(new Instruction(Kind.SPLIT, new BitSet(), next));
    return next;
  }

  void begin() {
    instructions.add(new Instruction(Kind.BEGIN, new BitSet(), new int[] {size() + 1}));
  }

  void end() {
    instructions.add(new Instruction(Kind.END, new BitSet(), new int[] {size() + 1}));
  }

  void match() {
    instructions.add(new Instruction(Kind.MATCH, new BitSet(), new int[0]));
  }

  /** The sets of symbols that are read. */
  List<BitSet> sets() {
    return instructions.stream()
        .filter(instruction -> instruction.kind == Kind.READ)
        .map(Instruction::set)
        .distinct()
        .toList();
  }

  /** The instructions that follow those that read the symbol. */
  BitSet step(BitSet from, int symbol) {
    BitSet to = new BitSet();
    for (int i = from.nextSetBit(0); i >= 0; i = from.nextSetBit(i + 1)) {
      Instruction instruction = instructions.get(i);
      if (instruction.kind == Kind.READ && instruction.set.get(symbol)) {
        to.set(instruction.next[0]);
      }
    }
    return to;
  }

  /** With all that can be reached without reading; a match may begin here, too. */
  BitSet closure(BitSet from, boolean atBegin) {
    BitSet all = new BitSet();
    follow(0, atBegin, false, all);
    for (int i = from.nextSetBit(0); i >= 0; i = from.nextSetBit(i + 1)) {
      follow(i, atBegin, false, all);
    }
    return all;
  }

  /**
   * @param atEnd of the text
   */
  boolean matches(BitSet closed, boolean atEnd) {
    BitSet all = new BitSet();
    for (int i = closed.nextSetBit(0); i >= 0; i = closed.nextSetBit(i + 1)) {
      follow(i, false, atEnd, all);
    }
    return all.get(size() - 1);
  }

  private void follow(int first, boolean atBegin, boolean atEnd, BitSet all) {
    List<Integer> left = new ArrayList<>(List.of(first));
    while (!left.isEmpty()) {
      int at = left.remove(left.size() - 1);
      if (all.get(at)) {
        continue;
      }
      all.set(at);
      Instruction instruction = instructions.get(at);
      if (instruction.kind == Kind.SPLIT
          || (instruction.kind == Kind.BEGIN && atBegin)
          || (instruction.kind == Kind.END && atEnd)) {
        for (int next : instruction.next) {
          left.add(next);
        }
      }
    }
  }
}
