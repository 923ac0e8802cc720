package io.ovation.queue;

/** One physical queue. */
public record QueueName(String queue, Lane lane, int partition) {

  /** The broker's name of it: {@code ovation.<queue>.<lane>.<partition>}. */
  public String text() {
    return "ovation." + queue + "." + lane.text() + "." + partition;
  }

  @Override
  public String toString() {
    return text();
  }
}
