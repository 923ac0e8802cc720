package io.ovation.testkit;

import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.SingleWriterRecorder;

/** What the members on one event loop share: the sums of what they received, and a read buffer. */
final class CrowdLane {
  private static final long LONGEST_NANOS = 600_000_000_000L;

  final LongAdder messages = new LongAdder();
  final LongAdder bytes = new LongAdder();
  final LongAdder gaps = new LongAdder();

  /** Events that were not above the one before. */
  final LongAdder disordered = new LongAdder();

  /** What the members that parse all of it found wrong. */
  final LongAdder malformed = new LongAdder();

  final LongAdder errors = new LongAdder();

  /** From the time that the event names until it was read here. Written on the loop. */
  final SingleWriterRecorder latency = new SingleWriterRecorder(LONGEST_NANOS, 3);

  private byte[] frame = new byte[256 * 1024];

  /** Room for a frame; on the loop only. */
  byte[] room(int size) {
    if (frame.length < size) {
      frame = new byte[Integer.highestOneBit(size) * 2];
    }
    return frame;
  }

  void latency(long nanos) {
    latency.recordValue(Math.min(LONGEST_NANOS, Math.max(0, nanos)));
  }
}
