package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.ingress.OpenApiContract;
import io.ovation.testkit.Await;
import io.ovation.testkit.MemorySpans;
import io.ovation.testkit.RawHttp;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Viewers that get server-sent events. */
class SseIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String PATH = "/streams/s1/events?user=bob";

  /** As the contract has it. */
  private static final String EVENTS = "/streams/{stream}/events";

  private final DeliveryFixture stage =
      new DeliveryFixture(DeliveryFixture.DEFAULT, 2, loop -> loop);
  private final List<SseTestClient> wires = new ArrayList<>();

  @AfterEach
  void close() {
    wires.forEach(SseTestClient::close);
    stage.close();
  }

  private SseTestClient open(String path, Map<String, String> headers) {
    SseTestClient wire = new SseTestClient(stage.port, path, headers);
    wires.add(wire);
    return wire;
  }

  private SseTestClient open(String path) {
    return open(path, Map.of());
  }

  private static void seesAll(SseTestClient wire, long from, long end) {
    for (long offset = from + 1; offset <= end; offset++) {
      SseTestClient.Event event = wire.next("comment");
      assertThat(event.id()).isEqualTo(Long.toString(offset));
      assertThat(event.data().getLong("offset")).isEqualTo(offset);
    }
  }

  @Test
  void eachMessageIsOneDataLineWithItsOffsetAsId() {
    stage.supervisor.publish("s1", "before");
    SseTestClient bob = open(PATH);
    assertThat(bob.head)
        .contains(
            "HTTP/1.1 200 OK",
            "Content-Type: text/event-stream",
            "Cache-Control: no-store, no-transform",
            "X-Accel-Buffering: no",
            "Access-Control-Allow-Origin: *");
    SseTestClient.Event watching = bob.next("watching");
    assertThat(watching.id()).isEqualTo("1");
    assertThat(watching.data().getLong("offset")).isEqualTo(1);
    stage.supervisor.publish("s1", "two\nlines \"quoted\" ünïcödé 🎉");
    SseTestClient.Event comment = bob.next("comment");
    assertThat(comment.id()).isEqualTo("2");
    assertThat(comment.data().getString("text")).isEqualTo("two\nlines \"quoted\" ünïcödé 🎉");
    stage.supervisor.gap("s1", 3, 9);
    assertThat(bob.next("gap").id()).isEqualTo("9");
    assertThat(stage.connections()).isEqualTo(1);
  }

  @Test
  void theWatchHookIsAskedInTheTraceOfTheRequest() {
    String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    try (MemorySpans spans = MemorySpans.start()) {
      open(PATH, Map.of("traceparent", "00-" + trace + "-00f067aa0ba902b7-01")).next("watching");
    }
    assertThat(stage.askedIn).hasSize(1);
    assertThat(stage.askedIn.get(0)).matches("00-" + trace + "-(?!00f067aa0ba902b7)\\w{16}-01");
  }

  @Test
  void eachIsToldToComeBackAtATimeOfItsOwn() {
    Set<String> retries = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      SseTestClient wire = open(PATH);
      wire.next("watching");
      retries.addAll(wire.asides);
      int ms = Integer.parseInt(wire.asides.get(0).substring("retry: ".length()));
      assertThat(ms).isBetween(1_000, 5_000);
    }
    assertThat(retries).hasSizeGreaterThan(10);
  }

  @Test
  void whoReturnsWithItsLastEventIdMissesNothingAndSeesNothingTwice() {
    for (int i = 0; i < 50; i++) {
      stage.supervisor.publish("s1", "missed");
    }
    AtomicBoolean enough = new AtomicBoolean();
    Thread publisher =
        new Thread(
            () -> {
              while (!enough.get()) {
                stage.supervisor.publish("s1", "flow");
                Await.pass(Duration.ofMillis(1));
              }
            });
    publisher.start();
    for (int since = 0; since < 50; since += 5) {
      // The header says where a browser is now, the query where its page began.
      SseTestClient wire = open(PATH + "&since=0", Map.of("Last-Event-ID", "" + since));
      assertThat(wire.next("watching").id()).isEqualTo("" + since);
      seesAll(wire, since, 150);
      wire.close();
    }
    SseTestClient byQuery = open(PATH + "&since=42");
    byQuery.next("watching");
    seesAll(byQuery, 42, 150);
    enough.set(true);
  }

  @Test
  void whereHistoryHasEndedItIsToldAGapAndStandsBehindIt() {
    for (int i = 0; i < 30; i++) {
      stage.supervisor.publish("s1", "old");
    }
    stage.supervisor.forgotten.put("s1", 20L);
    SseTestClient bob = open(PATH, Map.of("Last-Event-ID", "5"));
    bob.next("watching");
    SseTestClient.Event gap = bob.next("gap");
    assertThat(gap.data().getLong("from")).isEqualTo(6);
    assertThat(gap.id()).isEqualTo("20");
    seesAll(bob, 20, 30);
  }

  @Test
  void silenceIsFilledWithCommentsAndNobodyNeedsToSpeak() {
    Config.Viewer quick =
        DeliveryFixture.viewer(Duration.ofMillis(300), 1 << 20, Duration.ofSeconds(30), 256);
    try (DeliveryFixture soon = new DeliveryFixture(quick);
        SseTestClient bob = new SseTestClient(soon.port, PATH, Map.of())) {
      bob.next("watching");
      bob.awaitAsides(9); // twice as long as one that must speak may be silent
      assertThat(bob.asides.subList(1, 9)).containsOnly(":");
      soon.supervisor.publish("s1", "still here");
      assertThat(bob.next("comment").data().getString("text")).isEqualTo("still here");
    }
  }

  @Test
  void aSlowViewerIsToldAGapAndTheOthersDoNotWait() {
    Config.Viewer tight =
        DeliveryFixture.viewer(Duration.ofSeconds(25), 128 * 1024, Duration.ofSeconds(60), 256);
    try (DeliveryFixture small = new DeliveryFixture(tight);
        SseTestClient slow =
            new SseTestClient(small.port, SseTestClient.request("GET", PATH, Map.of()), 8 * 1024);
        SseTestClient quick = new SseTestClient(small.port, PATH, Map.of())) {
      slow.next("watching");
      quick.next("watching");
      int sent = 0;
      while (small.metric("skipped") < 20) {
        small.supervisor.publish("s1", "big", 60_000);
        quick.next("comment");
        assertThat(++sent).isLessThan(2_000);
      }
      long seen = 0;
      SseTestClient.Event next = slow.read();
      while (next.kind().equals("comment")) {
        assertThat(next.id()).isEqualTo("" + ++seen);
        next = slow.read();
      }
      assertThat(next.kind()).isEqualTo("gap");
      assertThat(next.data().getLong("from")).isEqualTo(seen + 1);
      assertThat(next.id()).isEqualTo("" + sent);
      small.supervisor.publish("s1", "live again");
      assertThat(slow.next("comment").id()).isEqualTo("" + (sent + 1));
    }
  }

  @Test
  void whoTakesNothingForTooLongIsDisconnectedAndMayComeBack() {
    Config.Viewer strict =
        DeliveryFixture.viewer(Duration.ofSeconds(25), 64 * 1024, Duration.ofSeconds(1), 256);
    try (DeliveryFixture small = new DeliveryFixture(strict);
        SseTestClient stuck =
            new SseTestClient(small.port, SseTestClient.request("GET", PATH, Map.of()), 8 * 1024);
        SseTestClient quick = new SseTestClient(small.port, PATH, Map.of())) {
      stuck.next("watching");
      quick.next("watching");
      while (small.metric("slow") < 1) {
        small.supervisor.publish("s1", "big", 60_000);
        quick.next("comment");
      }
      Await.until("it is ended", LIMIT, () -> small.closes(CloseCode.STUCK) == 1);
      Await.until("it is gone", LIMIT, () -> small.connections() == 1);
    }
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          /streams/s1/events,                            , user
          /streams/s1/events?user=,                      , user
          /streams/s%201/events?user=bob,                , stream
          /streams/s1/events?user=%zz,                   , query
          /streams/s1/events?user=bob&since=x,           , since
          /streams/s1/events?user=bob&since=-1,          , since
          /streams/s1/events?user=bob&since=9e9,         , since
          /streams/s1/events?user=bob&since=9999999999999999999999, , since
          /streams/s1/events?user=bob&since=0, nonsense, Last-Event-ID
          """)
  void badInputIsRefusedWithTheField(String path, String last, String field) {
    try (RawHttp http = new RawHttp(stage.port)) {
      http.write(
          SseTestClient.request(
              "GET", path, last == null ? Map.of() : Map.of("Last-Event-ID", last)));
      RawHttp.Answer answer = http.read();
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.headers()).containsEntry("content-type", "application/problem+json");
      // What can't be decoded never gets as far as here.
      if (!field.equals("query")) {
        assertThat(answer.headers()).containsEntry("access-control-allow-origin", "*");
      }
      assertThat(answer.json().getString("field")).isEqualTo(field);
      JsonObject schema = OpenApiContract.shipped().answer("GET", EVENTS, 400).getValue();
      assertThat(OpenApiContract.fault(schema, answer.json())).isNull();
      assertThat(answer.json().getString("detail")).startsWith(field + ": ");
    }
    assertThat(stage.connections()).isZero();
  }

  /** It could come as slowly as its sender likes, and until after the token's end. */
  @ParameterizedTest
  @ValueSource(strings = {"Content-Length: 3", "Transfer-Encoding: chunked"})
  void aRequestWithABodyIsRefusedWithoutWaitingForIt(String header) {
    String[] parts = header.split(": ", 2);
    try (RawHttp http = new RawHttp(stage.port)) {
      http.write(SseTestClient.request("GET", PATH, Map.of(parts[0], parts[1])));
      RawHttp.Answer answer = http.read();
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.json().getString("field")).isEqualTo("body");
      assertThat(answer.headers()).containsEntry("connection", "close");
    }
    assertThat(stage.connections()).isZero();
  }

  /** Tokens give 401 and 403, limits 429: TrustIT and LimitsIT. */
  @Test
  void theContractHasEveryAnswer() {
    assertThat(
            OpenApiContract.shipped().answers().stream()
                .filter(answer -> answer.startsWith("GET " + EVENTS + " ")))
        .containsExactlyInAnyOrder(
            Stream.of(200, 204, 400, 401, 403, 429, 503)
                .map(status -> "GET " + EVENTS + " " + status)
                .toArray(String[]::new));
  }

  @Test
  void otherMethodsAndHeadAndOldHttpGetSensibleAnswers() {
    assertThat(RawHttp.post(stage.port, PATH, "{}").status()).isEqualTo(405);
    RawHttp.Answer head = RawHttp.send(stage.port, "HEAD", PATH, "", new byte[0]);
    assertThat(head.status()).isEqualTo(200);
    assertThat(head.headers()).containsEntry("content-type", "text/event-stream");
    assertThat(stage.connections()).isZero();
    try (SseTestClient old =
        new SseTestClient(stage.port, "GET " + PATH + " HTTP/1.0\r\n\r\n", 0)) {
      old.next("watching");
      stage.supervisor.publish("s1", "for old ones too");
      old.next("comment");
    }
  }

  @Test
  void whateverElseComesOnTheConnectionIsThrownAway() {
    String request = SseTestClient.request("GET", PATH, Map.of());
    try (SseTestClient eager =
        new SseTestClient(stage.port, request + request + "\0\1nonsense", 0)) {
      eager.next("watching");
      stage.supervisor.publish("s1", "one");
      assertThat(eager.next("comment").id()).isEqualTo("1");
    }
    Await.until("it is gone", LIMIT, () -> stage.connections() == 0);
  }
}
