package io.ovation.queue.rabbit;

import io.ovation.queue.DeadLetter;
import io.ovation.queue.DeadLetters;
import io.ovation.queue.QueueName;
import io.ovation.queue.rabbit.DeadLetterScanner.Verdict;
import io.vertx.core.Future;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The dead letters of one queue; each call is a scan. */
final class RabbitDeadLetters implements DeadLetters {
  private final DeadLetterScanner scanner;
  private final Publisher publisher;
  private final String queue;

  /**
   * @param publisher of what is sent back
   * @param queue of the dead letters
   */
  RabbitDeadLetters(DeadLetterScanner scanner, Publisher publisher, String queue) {
    this.scanner = scanner;
    this.publisher = publisher;
    this.queue = queue;
  }

  /** Keeps one letter more than the page has, to know whether another page follows. */
  @Override
  public Future<Page> list(@Nullable String after, int limit) {
    int most = Math.max(1, Math.min(limit, MAX_LIMIT));
    TreeMap<String, DeadLetter> found = new TreeMap<>(); // Ids rise with the time of death.
    return scanner
        .scan(
            queue,
            letter -> {
              if (after == null || letter.id().compareTo(after) > 0) {
                found.put(letter.id(), letter);
                if (found.size() > most + 1) {
                  found.pollLastEntry();
                }
              }
              return Future.succeededFuture(Verdict.KEEP);
            })
        .map(
            total ->
                new Page(found.values().stream().limit(most).toList(), total, found.size() > most));
  }

  @Override
  public Future<Optional<DeadLetter>> read(String id) {
    return find(id, letter -> Future.succeededFuture(Verdict.KEEP_AND_STOP));
  }

  @Override
  public Future<Boolean> sendBack(String id, UnaryOperator<byte[]> change) {
    return find(id, letter -> publish(letter, change).map(Verdict.REMOVE_AND_STOP))
        .map(Optional::isPresent);
  }

  private Future<Void> publish(DeadLetter letter, UnaryOperator<byte[]> change) {
    QueueName origin = letter.origin();
    return origin == null
        ? Future.failedFuture(
            new IllegalStateException("The origin of dead letter " + letter.id() + " is unknown"))
        : publisher.publish("", origin.text(), change.apply(letter.body()), Publisher.PERSISTENT);
  }

  @Override
  public Future<Boolean> purge(String id) {
    return find(id, letter -> Future.succeededFuture(Verdict.REMOVE_AND_STOP))
        .map(Optional::isPresent);
  }

  @Override
  public Future<Long> purgeAll() {
    return scanner.purge(queue);
  }

  private Future<Optional<DeadLetter>> find(
      String id, Function<DeadLetter, Future<Verdict>> whenFound) {
    AtomicReference<@Nullable DeadLetter> found = new AtomicReference<>();
    return scanner
        .scan(
            queue,
            letter -> {
              if (!letter.id().equals(id)) {
                return Future.succeededFuture(Verdict.KEEP);
              }
              found.set(letter);
              return whenFound.apply(letter);
            })
        .map(total -> Optional.ofNullable(found.get()));
  }
}
