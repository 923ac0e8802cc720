package io.ovation.packages;

import io.vertx.core.Future;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** A handler that records what it was given and does as it is told. */
final class ScriptedHandler implements PackageHandler {
  final List<PackageJob> jobs = new CopyOnWriteArrayList<>();

  /** As an idempotent handler has them: by id. */
  final Set<String> effects = ConcurrentHashMap.newKeySet();

  private final String type;
  private volatile Function<PackageJob, Future<Void>> does;

  ScriptedHandler(String type) {
    this(type, job -> Future.succeededFuture());
  }

  ScriptedHandler(String type, Function<PackageJob, Future<Void>> does) {
    this.type = type;
    this.does = does;
  }

  void does(Function<PackageJob, Future<Void>> next) {
    does = next;
  }

  @Override
  public String type() {
    return type;
  }

  @Override
  public Future<Void> handle(PackageJob job) {
    jobs.add(job);
    return does.apply(job).onSuccess(v -> effects.add(job.id()));
  }

  long attempts(String id) {
    return jobs.stream().filter(job -> job.id().equals(id)).count();
  }
}
