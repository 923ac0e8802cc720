package io.ovation.packages;

import static io.ovation.packages.RecentOutcomes.CHECK_AFTER_MS;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.metrics.Metrics;
import io.ovation.packages.PackageState.Lease;
import io.ovation.packages.PackageStateRepository.Entry;
import io.ovation.queue.Lane;
import io.ovation.store.ScriptedStore;
import io.ovation.store.Store.Versioned;
import io.ovation.store.StoreRefused;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What becomes of outcomes whose items are acked when the store comes back without them. */
class RecentOutcomesTest {
  private static final long VERSION = 3;
  private long millis = 1_000_000;
  private final Metrics metrics = new Metrics();
  private final ScriptedStore store = new ScriptedStore();
  private final RecentOutcomes outcomes =
      new RecentOutcomes(
          "self",
          new PackageStateRepository(store, Duration.ofHours(1)),
          () -> millis,
          new PackageWorkerMetrics(metrics));

  private static PackageState pending(String id) {
    return PackageState.pending(id, "t", Lane.NORMAL, "f", 1);
  }

  private static PackageState claimed(String id, String worker) {
    return pending(id).claimed(new Lease(worker, "token", 30_000), 2);
  }

  private static PackageState done(String id) {
    return claimed(id, "self").done(3);
  }

  private void wrote(String id) {
    outcomes.add(new Entry(VERSION, done(id)));
  }

  private static Optional<Versioned> stored(long version, PackageState state) {
    return Optional.of(new Versioned(version, state.json().encode()));
  }

  private Future<Void> check() {
    millis += CHECK_AFTER_MS;
    return outcomes.check();
  }

  /** Answers what is read of a sample and then of the outcome itself. */
  private void find(Optional<Versioned> found) {
    store.take("read").answer(found);
    store.take("read").answer(found);
  }

  private boolean nothingIsWritten(Future<Void> check) {
    return check.succeeded() && store.waiting("compareAndSet") == 0;
  }

  @Test
  void anOutcomeIsCheckedWhenTheStoreMustHaveItOnDiskAndThenForgotten() {
    wrote("p");
    millis += CHECK_AFTER_MS - 1;
    assertThat(outcomes.check().succeeded()).isTrue();
    assertThat(store.waiting("read")).isZero();
    millis++;
    Future<Void> check = outcomes.check();
    store.take("read").answer(stored(VERSION, done("p")));
    assertThat(nothingIsWritten(check)).isTrue();
    assertThat(check().succeeded()).isTrue();
    assertThat(store.waiting("read")).isZero();
  }

  @Test
  void whatTheStoreLostIsWrittenAgain() {
    wrote("p");
    Future<Void> check = check();
    find(stored(1, pending("p")));
    assertThat(store.take("compareAndSet").arguments)
        .startsWith("package:p", 1L, done("p").json().encode());
    assertThat(metrics.scrape()).contains("ovation_packages_restored_total 0.0");
    assertThat(check.isComplete()).isFalse();
  }

  @Test
  void aRecordThatTheStoreLostAltogetherIsCreated() {
    wrote("p");
    Future<Void> check = check();
    find(Optional.empty());
    store.take("compareAndSet").answer(new Versioned(1, done("p").json().encode()));
    assertThat(check.succeeded()).isTrue();
    assertThat(metrics.scrape()).contains("ovation_packages_restored_total 1.0");
  }

  @Test
  void aClaimOfThisWorkerWhoseOutcomeIsLostIsNoOtherAttempt() {
    wrote("p");
    check();
    find(stored(2, claimed("p", "self")));
    assertThat(store.waiting("compareAndSet")).isEqualTo(1);
  }

  @Test
  void aPackageThatAnotherWorkerHasClaimedIsLeftToIt() {
    wrote("p");
    Future<Void> check = check();
    store.take("read").answer(stored(2, claimed("p", "other")));
    assertThat(nothingIsWritten(check)).isTrue();
  }

  @Test
  void aDeadPackageThatWasSentBackStaysSentBack() {
    outcomes.add(new Entry(VERSION, claimed("p", "self").dead("why", "{}", 3)));
    Future<Void> check = check();
    store.take("read").answer(stored(VERSION + 1, pending("p")));
    assertThat(nothingIsWritten(check)).isTrue();
  }

  @Test
  void ofManyOutcomesOneOfEachTenthOfASecondIsRead() {
    for (int i = 0; i < 1_000; i++) {
      wrote("p" + i);
      millis += i % 10 == 9 ? 1 : 0;
    }
    check();
    assertThat(store.waiting("read")).isEqualTo(1);
  }

  @Test
  void whileTheStoreDoesNotAnswerOutcomesAreKept() {
    wrote("p");
    Future<Void> check = check();
    assertThat(outcomes.check().succeeded()).as("one check at a time").isTrue();
    assertThat(store.waiting("read")).isEqualTo(1);
    store.take("read").timeOut();
    assertThat(check.failed()).isTrue();
    check();
    find(stored(1, pending("p")));
    assertThat(store.waiting("compareAndSet")).isEqualTo(1);
  }

  @Test
  void aRecordThatTheStoreRefusesDoesNotKeepLaterOutcomesFromBeingChecked() {
    wrote("p");
    Future<Void> check = check();
    store.take("read").fail(new StoreRefused("a key of a wrong type"));
    assertThat(check.failed()).isTrue();
    wrote("q");
    check();
    assertThat(store.take("read").arguments).containsExactly("package:q");
    assertThat(store.waiting("read")).isZero();
  }

  @Test
  void beyondTheBoundTheOldestAreNotChecked() {
    for (int i = 0; i <= RecentOutcomes.BOUND; i++) {
      wrote("p" + i);
      millis += 100;
    }
    outcomes.check();
    assertThat(store.take("read").arguments).containsExactly("package:p1");
  }
}
