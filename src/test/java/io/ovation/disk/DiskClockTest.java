package io.ovation.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class DiskClockTest {
  private static final long DAY = Duration.ofDays(1).toMillis();

  private final FakeMachine machine = new FakeMachine();

  /** Time passes on all clocks of a machine; its wall clock may be set. */
  private static final class FakeMachine implements DiskClock.Machine {
    private long wall = 1_790_000_000_000L;
    private long nanos = 123;
    private long uptime = 5_000;
    private String boot = "b1";

    void pass(long ms) {
      wall += ms;
      uptime += ms;
      nanos += ms * 1_000_000;
    }

    void restart(String id, long downMs) {
      boot = id;
      uptime = 10;
      wall += downMs;
    }

    @Override
    public long wallMs() {
      return wall;
    }

    @Override
    public long nanos() {
      return nanos;
    }

    @Override
    public String boot() {
      return boot;
    }

    @Override
    public long uptimeMs() {
      return uptime;
    }
  }

  @Test
  void aNewFileBeginsWithTheWallClockWhichThenHasNoEffect() {
    DiskClock clock = new DiskClock(machine, null);
    long begin = machine.wall;
    assertThat(clock.now()).isEqualTo(begin);
    machine.wall += 365 * DAY;
    machine.pass(1_000);
    assertThat(clock.now()).isEqualTo(begin + 1_000);
    machine.wall -= 366 * DAY;
    machine.pass(1_000);
    assertThat(clock.now()).isEqualTo(begin + 2_000);
  }

  @Test
  void aRestartOfTheProcessIsMeasuredByTheUptimeWhateverTheWallClockSays() {
    DiskClock clock = new DiskClock(machine, null);
    machine.wall += 25 * DAY;
    long before = clock.now();
    String saved = clock.save();
    machine.wall -= 25 * DAY;
    machine.pass(4_000);
    assertThat(new DiskClock(machine, saved).now()).isEqualTo(before + 4_000);
  }

  @Test
  void aRestartOfTheMachineIsMeasuredByTheWallClockFromWhatItShowed() {
    DiskClock clock = new DiskClock(machine, null);
    machine.wall += 25 * DAY; // It is wrong before and after the restart.
    long before = clock.now();
    String saved = clock.save();
    machine.restart("b2", 60_000);
    assertThat(new DiskClock(machine, saved).now()).isEqualTo(before + 60_000);
  }

  @Test
  void aWallClockThatWentBackWhileTheMachineWasOffStopsTheTimeAndDoesNotTurnItBack() {
    DiskClock clock = new DiskClock(machine, null);
    long before = clock.now();
    String saved = clock.save();
    machine.restart("b2", -DAY);
    assertThat(new DiskClock(machine, saved).now()).isEqualTo(before);
  }

  @Test
  void withoutABootsIdTheWallClockIsTaken() {
    machine.boot = "";
    DiskClock clock = new DiskClock(machine, null);
    long before = clock.now();
    String saved = clock.save();
    machine.pass(3_000);
    machine.uptime = 0;
    assertThat(new DiskClock(machine, saved).now()).isEqualTo(before + 3_000);
  }
}
