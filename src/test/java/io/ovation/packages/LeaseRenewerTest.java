package io.ovation.packages;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.metrics.Metrics;
import io.ovation.packages.PackageState.Lease;
import io.ovation.packages.PackageStateRepository.Entry;
import io.ovation.queue.Lane;
import io.ovation.store.Store;
import io.ovation.store.StoreUnavailable;
import io.ovation.testkit.VirtualTimers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A lease against a store whose answers are scripted, in virtual time. */
class LeaseRenewerTest {
  private static final Duration LENGTH = Duration.ofSeconds(30);
  private static final long THIRD = LENGTH.toMillis() / 3;

  private final VirtualTimers time = new VirtualTimers();
  private final Metrics metrics = new Metrics();
  private final ScriptedStore store = new ScriptedStore();
  private final PackageStateRepository states =
      new PackageStateRepository(store.proxy(), Duration.ofHours(1), time::millis);
  private PackageState claimed;
  private LeaseRenewer lease;

  @BeforeEach
  void claim() {
    claimed =
        PackageState.pending("p", "t", Lane.NORMAL, "f", time.millis())
            .claimed(lease("worker", "token"), time.millis());
    Entry entry = Objects.requireNonNull(states.write(0, claimed).result().mine());
    lease =
        new LeaseRenewer(
            time.vertx(), states, entry, LENGTH, time, new PackageWorkerMetrics(metrics));
  }

  @Test
  void itIsRenewedEveryThirdOfItsLength() {
    long begun = time.millis();
    time.advance(10 * LENGTH.toMillis());
    assertThat(lease.alive()).isTrue();
    assertThat(store.version).isEqualTo(31);
    assertThat(Objects.requireNonNull(stored().lease()).untilMs())
        .isEqualTo(begun + 10 * LENGTH.toMillis() + LENGTH.toMillis());
  }

  @Test
  void itExpiresWhileTheStoreIsUnavailableAndLivesOnAfterwards() {
    store.refuse(3);
    time.advance(LENGTH.toMillis() - 1);
    assertThat(lease.alive()).isTrue();
    time.advance(1);
    assertThat(lease.alive()).isFalse();
    time.advance(THIRD);
    assertThat(lease.alive()).isTrue();
    assertThat(metrics.scrape()).contains("ovation_packages_lease_late_total 3.0");
  }

  @Test
  void aRenewalWhoseAnswerWasLostIsFoundAsOurs() {
    store.loseAnswers(1);
    time.advance(3 * THIRD);
    assertThat(lease.alive()).isTrue();
    assertThat(end()).isTrue();
    assertThat(stored().status()).isEqualTo(PackageState.Status.DONE);
  }

  @Test
  void oneWriteIsMadeAtATime() {
    Promise<Void> answer = store.delayAnswer();
    time.advance(5 * THIRD);
    assertThat(store.writes).isEqualTo(2);
    Future<Boolean> end = lease.end(claimed.done(time.millis())).map(Objects::nonNull);
    assertThat(store.writes).isEqualTo(2);
    answer.complete();
    assertThat(end.result()).isTrue();
    assertThat(stored().status()).isEqualTo(PackageState.Status.DONE);
  }

  @Test
  void onceAnotherWorkerHasTakenOverNothingIsWritten() {
    PackageState others = claimed.claimed(lease("other", "their token"), time.millis());
    states.write(store.version, others);
    time.advance(THIRD);
    assertThat(lease.alive()).isFalse();
    assertThat(end()).isFalse();
    assertThat(stored()).isEqualTo(others);
    assertThat(time.pending()).isZero();
  }

  @Test
  void anOutcomeIsNotWrittenOverAnotherWorkersLease() {
    PackageState others = claimed.claimed(lease("other", "their token"), time.millis());
    states.write(store.version, others);
    assertThat(end()).isFalse();
    assertThat(stored()).isEqualTo(others);
  }

  @Test
  void anOutcomeIsWrittenAgainUntilTheStoreTakesIt() {
    store.refuse(4);
    Future<Boolean> end = lease.end(claimed.done(time.millis())).map(Objects::nonNull);
    time.advance(3 * LeaseRenewer.RETRY_MS);
    assertThat(end.isComplete()).isFalse();
    time.advance(LeaseRenewer.RETRY_MS);
    assertThat(end.result()).isTrue();
    assertThat(stored().status()).isEqualTo(PackageState.Status.DONE);
    assertThat(time.pending()).isZero();
  }

  @Test
  void aRecordThatTheStoreLostIsCreatedByTheOutcome() {
    store.version = 0;
    store.value = "";
    assertThat(end()).isTrue();
    assertThat(store.version).isEqualTo(1);
    assertThat(stored().status()).isEqualTo(PackageState.Status.DONE);
  }

  private Lease lease(String worker, String token) {
    return new Lease(worker, token, time.millis() + LENGTH.toMillis());
  }

  private boolean end() {
    return lease.end(claimed.done(time.millis())).result() != null;
  }

  private PackageState stored() {
    return states.read("p").result().orElseThrow().state();
  }

  /** One record, and what happens to the next writes. */
  private static final class ScriptedStore {
    private final Deque<String> script = new ArrayDeque<>();
    private final Promise<Void> delay = Promise.promise();
    long version;
    String value = "";
    int writes;

    void refuse(int times) {
      for (int i = 0; i < times; i++) {
        script.add("refuse");
      }
    }

    void loseAnswers(int times) {
      for (int i = 0; i < times; i++) {
        script.add("lose");
      }
    }

    Promise<Void> delayAnswer() {
      script.add("delay");
      return delay;
    }

    Store proxy() {
      return (Store)
          Proxy.newProxyInstance(
              Store.class.getClassLoader(),
              new Class<?>[] {Store.class},
              (proxy, method, arguments) ->
                  switch (method.getName()) {
                    case "compareAndSet" -> write((Long) arguments[1], (String) arguments[2]);
                    case "read" ->
                        Future.succeededFuture(Optional.of(new Store.Versioned(version, value)));
                    default -> throw new UnsupportedOperationException(method.getName());
                  });
    }

    private Future<Store.Versioned> write(long expected, String next) {
      writes++;
      String step = script.isEmpty() ? "take" : script.remove();
      if (step.equals("refuse")) {
        return Future.failedFuture(new StoreUnavailable("away"));
      }
      if (expected == version) {
        version++;
        value = next;
      }
      Store.Versioned found = new Store.Versioned(version, value);
      return switch (step) {
        case "lose" -> Future.failedFuture(new StoreUnavailable("no answer"));
        case "delay" -> delay.future().map(v -> found);
        default -> Future.succeededFuture(found);
      };
    }
  }
}
