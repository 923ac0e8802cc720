package io.ovation.e2e;

import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeScript;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.Ports;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.ShowLogs;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code ovation.js} and the page that is built on it. */
@Tag("alone")
@ExtendWith(ShowLogs.class)
class ClientIT {
  private static NodeProcess node;

  @BeforeAll
  static void start() {
    // A client finds out within a heartbeat and 10 s that nobody is there.
    NodeSpec spec = NodeSpec.named("client").env("OVATION_VIEWER_HEARTBEAT", "2s");
    node = NodeProcess.start(spec).awaitReady();
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static String base() {
    return "http://127.0.0.1:" + node.port();
  }

  /** Against a server that does what a test tells it to. */
  @Test
  void theClientResumesResendsRetreatsAndReturns() {
    NodeScript.run("client/sockets.test.mjs", "" + Ports.free());
  }

  /** This and the next four: in virtual time, without a socket. */
  @Test
  void eachPromiseOfTheClientSettlesWhateverItIsGiven() {
    NodeScript.run("client/promises.test.mjs");
  }

  @Test
  void clocksStormsHalfDeadLinksAndSleepingPagesDoTheClientNoHarm() {
    NodeScript.run("client/time.test.mjs");
  }

  @Test
  void theClientStaysOnATransportThatWorkedAndMovesToARegionThatAnswers() {
    NodeScript.run("client/transport.test.mjs");
  }

  @Test
  void theClientTellsWhyAndDoesWhatItIsAsked() {
    NodeScript.run("client/telling.test.mjs");
  }

  @Test
  void whateverAnApplicationGivesIsToldByAnErrorAndMakesNoStorm() {
    NodeScript.run("client/misuse.test.mjs");
  }

  @Test
  void theClientIsBuiltFromItsSource() {
    NodeScript.run("build.mjs", "--check");
  }

  /** In Chromium: a line that is cut, one that is dead, one that lets no WebSocket pass. */
  @Test
  void viewersOnABadLineMissNothingAndPostNothingTwice() {
    NodeScript.run("cuts.mjs", base());
  }

  /**
   * In Chromium, on pages of another origin, from a file, with policies, and with timers that
   * sleep; only SockJS passes.
   */
  @Test
  void aPageWithPoliciesOfItsOwnIsServedOrToldWhyNot() {
    NodeScript.run("policies.mjs", base());
  }

  /** In Chromium, which keeps the page in its back/forward cache. */
  @Test
  void aPageOnSockJsThatIsLeftAndComesBackIsKeptAndMissesNothing() {
    NodeScript.run("kept.mjs", base());
  }

  @Test
  void theReactHookShowsWhatTheViewerHearsAndLeavesNothingBehind() {
    NodeScript.run("react.mjs", "" + Ports.free());
  }

  @Test
  void theTypeDefinitionsAcceptAndRejectWhatTheyShould() {
    NodeScript.run("node_modules/typescript/bin/tsc", "-p", "types");
  }

  @Test
  void serverSentEventsGoOnFromTheLastEventId() {
    NodeScript.run("events.mjs", base());
  }

  /** Two browsers: a user that watches elsewhere leaves, and an EventSource stops by itself. */
  @Test
  void reactionsAndViewersAreCountedOnThePage() {
    NodeScript.run("audience.mjs", base());
  }

  @Test
  void thePageShowsReactionsCountsStateAndWhatIsWrittenAsText() {
    NodeScript.run("demo.mjs", "" + Ports.free(), policy());
  }

  @Test
  void thePageShowsTheLastCommentsRepliesProfilesAndModeratorsTools() {
    NodeScript.run("show.mjs", "" + Ports.free(), policy());
  }

  @Test
  void thePageStaysReadableInAStormOnAPhoneAndForScreenReaders() {
    NodeScript.run("screens.mjs", "" + Ports.free(), policy());
  }

  /** What the node allows on its page. */
  private static String policy() {
    return RawHttp.get(node.port(), "/").headers().getOrDefault("content-security-policy", "");
  }
}
