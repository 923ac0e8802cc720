package io.ovation.deliver;

import io.ovation.auth.AccessControl;
import io.ovation.auth.Caller;
import io.ovation.config.Config;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.http.HttpEventLoop;
import io.ovation.http.HttpServers;
import io.ovation.metrics.Metrics;
import io.ovation.testkit.HttpSettings;
import io.ovation.testkit.Ports;
import io.ovation.testkit.RawViewer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** Real HTTP servers and a real DeliveryService, with a fake supervisor and submission service. */
final class DeliveryFixture implements AutoCloseable {
  static final int LIMIT = 64 * 1024;
  static final Config.Viewer DEFAULT =
      viewer(Duration.ofSeconds(25), 1 << 20, Duration.ofSeconds(30), 256);

  final FakeSubscriptions supervisor = new FakeSubscriptions();
  final FakeSubmissions submissions = new FakeSubmissions();
  final Metrics metrics = new Metrics();
  final int port = Ports.free();

  /** The traces in which the watch hook was asked. */
  final List<String> askedIn = new CopyOnWriteArrayList<>();

  private final List<RawViewer> wires = new ArrayList<>();
  private final Vertx vertx;
  private final HttpServers http;

  /** For what is not asked by HTTP. */
  final DeliveryService service;

  /** Connections that live for ever, and as many as come. */
  static Config.Viewer viewer(Duration heartbeat, int buffer, Duration stuck, int pass) {
    return viewer(heartbeat, buffer, stuck, pass, true);
  }

  private static Config.Viewer viewer(
      Duration heartbeat, int buffer, Duration stuck, int pass, boolean oneStream) {
    return new Config.Viewer(
        heartbeat,
        buffer,
        LIMIT,
        stuck,
        pass,
        Duration.ZERO,
        Duration.ZERO,
        0,
        1,
        0,
        50,
        500,
        10,
        oneStream,
        false);
  }

  /** A user may watch any number of streams. */
  static Config.Viewer anyNumber() {
    return viewer(Duration.ofSeconds(25), 1 << 20, Duration.ofSeconds(30), 256, false);
  }

  DeliveryFixture(Config.Viewer config) {
    this(config, 1, UnaryOperator.identity());
  }

  DeliveryFixture(Config.Viewer config, long bodiesLimit) {
    this(config, 1, UnaryOperator.identity(), bodiesLimit);
  }

  DeliveryFixture(Config.Viewer config, int loops, UnaryOperator<HttpEventLoop> around) {
    this(config, loops, around, 64 << 20);
  }

  private DeliveryFixture(
      Config.Viewer config, int loops, UnaryOperator<HttpEventLoop> around, long bodiesLimit) {
    vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(loops));
    http =
        new HttpServers(
            vertx,
            HttpSettings.of(port, LIMIT)
                .idleTimeout(Duration.ofSeconds(75))
                .bodiesLimit(bodiesLimit)
                .build(),
            config.messageLimit(),
            new Metrics());
    service =
        new DeliveryService(
            supervisor, submissions, AccessControl.onTrust(), this::admit, config, "test", metrics);
    await(service.deploy(vertx));
    await(http.mount(loop -> service.mount(around.apply(loop))));
    await(http.listen());
  }

  private Future<Caller> admit(Caller caller, String stream, String user, String traceparent) {
    askedIn.add(traceparent);
    return Future.succeededFuture(caller);
  }

  RawViewer plain() {
    return wire("/live/websocket");
  }

  private RawViewer wire(String path) {
    RawViewer wire = new RawViewer(port, path);
    wires.add(wire);
    return wire;
  }

  RawViewer sockJs() {
    return wire("/live/000/" + Long.toHexString(System.nanoTime()) + "/websocket");
  }

  /** A plain viewer that is told {@code watching}. */
  RawViewer watching(String stream) {
    RawViewer wire = plain();
    wire.watch(stream);
    return wire;
  }

  double metric(String name) {
    return metrics.registry().find("ovation.deliver." + name).counters().stream()
        .mapToDouble(counter -> counter.count())
        .sum();
  }

  double closes(CloseCode code) {
    return metrics
        .registry()
        .get("ovation.deliver.closes")
        .tag("reason", code.name().toLowerCase(java.util.Locale.ROOT))
        .counter()
        .count();
  }

  double connections() {
    return metrics.registry().find("ovation.deliver.connections").gauges().stream()
        .mapToDouble(gauge -> gauge.value())
        .sum();
  }

  void closeHttp() {
    await(http.close());
  }

  @Override
  public void close() {
    wires.forEach(RawViewer::close);
    await(vertx.close());
    supervisor.close();
  }

  private static void await(io.vertx.core.Future<?> future) {
    try {
      future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
