package io.ovation.node;

import io.ovation.auth.AccessControl;
import io.ovation.config.Config;
import io.ovation.http.Routes;
import io.ovation.ingress.StoredIds;
import io.ovation.live.proto.CommentsProducer;
import io.ovation.metrics.Metrics;
import io.ovation.moderation.AuditLog;
import io.ovation.moderation.CommentRules;
import io.ovation.moderation.HostEventRoutes;
import io.ovation.moderation.ModerationRoutes;
import io.ovation.moderation.ModerationService;
import io.ovation.moderation.ModerationTable;
import io.ovation.moderation.PublishedActions;
import io.ovation.moderation.WordList;
import io.ovation.moderation.WordListFile;
import io.ovation.moderation.hooks.CommentHook;
import io.ovation.queue.EventPublisher;
import io.ovation.queue.Partitions;
import io.ovation.store.SharedTable;
import io.ovation.store.Store;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The node's part of moderation, shared by its roles. */
final class NodeModeration {
  private final Vertx vertx;
  private final Config config;
  private final CommentsProducer queue;
  private final Store store;
  private final Partitions partitions;
  private final StoredIds storedIds;
  private final InstantSource clock;
  private final AuditLog audit;
  final ModerationTable table;
  final CommentRules rules;
  private volatile @Nullable WordListFile words;

  /**
   * @param rows bans and settings
   * @param clock for what people read
   */
  NodeModeration(
      Vertx vertx,
      Config config,
      CommentsProducer queue,
      Store store,
      Partitions partitions,
      StoredIds storedIds,
      SharedTable rows,
      EventPublisher events,
      InstantSource clock,
      InstantSource storeClock,
      Metrics metrics) {
    this.vertx = vertx;
    this.config = config;
    this.queue = queue;
    this.store = store;
    this.partitions = partitions;
    this.storedIds = storedIds;
    this.clock = clock;
    this.table = new ModerationTable(vertx, rows, System::nanoTime, metrics);
    this.rules =
        new CommentRules(
            table,
            this::words,
            store,
            partitions,
            CommentHook.of(vertx, config.hooks(), storeClock, metrics),
            metrics);
    Config.Moderation moderation = config.moderation();
    this.audit =
        new AuditLog(
            vertx,
            moderation.auditLog().isEmpty() ? null : Path.of(moderation.auditLog()),
            moderation.auditSize(),
            moderation.auditFiles(),
            clock,
            metrics);
    audit.publishBy(new PublishedActions(events, config.region())::publish);
  }

  private WordList words() {
    WordListFile file = words;
    return file == null ? WordList.EMPTY : file.get();
  }

  /** Reads the word list, bans and settings. */
  Future<Void> start() {
    String file = config.moderation().words();
    Future<Void> read =
        file.isEmpty()
            ? Future.succeededFuture()
            : vertx
                .executeBlocking(() -> new WordListFile(Path.of(file)), false)
                .onSuccess(
                    list -> {
                      words = list;
                      list.watch(vertx);
                    })
                .mapEmpty();
    return read.compose(v -> table.start());
  }

  /** The routes of moderators, hosts and administrators. */
  List<Routes> routes(AccessControl access) {
    ModerationService service = service();
    service.repeatOverduePurges();
    return List.of(
        new ModerationRoutes(service, access, clock),
        new HostEventRoutes(service, access, storedIds::hasOtherEvent));
  }

  /** The routes of hosts alone. */
  Routes hostEvents(AccessControl access) {
    return new HostEventRoutes(service(), access, storedIds::hasOtherEvent);
  }

  private ModerationService service() {
    return new ModerationService(
        vertx,
        table,
        queue::enqueuePublish,
        queue::enqueueComment,
        store,
        partitions,
        audit,
        config.region(),
        clock);
  }
}
