package io.ovation.dispatch.routing;

import io.ovation.dispatch.DispatchContext;
import io.ovation.dispatch.comments.StreamOffsets;
import io.ovation.dispatch.state.StreamStates;
import io.ovation.wire.Addresses;
import io.ovation.wire.proto.PartitionRoutes;
import io.ovation.wire.proto.Register;
import io.ovation.wire.proto.Registered;
import io.ovation.wire.proto.Suspended;
import io.ovation.wire.proto.Unregister;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The nodes' registrations for one partition's streams: adds and removes routes, compares them with
 * what nodes believe, reminds suspended nodes, forgets nodes that left the cluster. All on the
 * dispatcher's context.
 */
public final class RegistrationHandler {
  private static final Logger log = LoggerFactory.getLogger(RegistrationHandler.class);

  private final DispatchContext d;
  private final int partition;
  private final RoutingTable routes;
  private final StreamOffsets offsets;
  private final StreamStates states;

  public RegistrationHandler(
      DispatchContext context,
      int partition,
      RoutingTable routes,
      StreamOffsets offsets,
      StreamStates states) {
    this.d = context;
    this.partition = partition;
    this.routes = routes;
    this.offsets = offsets;
    this.states = states;
  }

  /** Routes the streams to the node. Answers with their last offsets and their states. */
  public Future<Registered> register(long epoch, Register request) {
    NodeProgress node = routes.node(request.getNode());
    List<String> streams = request.getStreamsList();
    boolean first = request.getAll() && request.getPage() == 0;
    boolean misses = request.getAll() && !first && !node.listing();
    if (misses || (node.suspended() && !first)) {
      return Future.succeededFuture(
          Registered.newBuilder().setEpoch(epoch).setSuspended(true).build());
    }
    if (first) {
      node.beginList();
      node.resume();
    }
    streams.forEach(stream -> routes.add(stream, node.id()));
    if (request.getAll()) {
      node.list(streams);
      if (!request.getMore()) {
        Set<String> listed = node.endList();
        routes.replace(node.id(), listed);
        states.viewerCounts().retain(node.id(), listed);
      }
    }
    Registered.Builder answer =
        Registered.newBuilder().setEpoch(epoch).addAllStates(states.watched(streams));
    return lastOffsets(streams)
        .map(
            last -> {
              streams.forEach(stream -> answer.addLast(last.getOrDefault(stream, 0L)));
              return answer.build();
            });
  }

  /**
   * Without the store, what viewers of any node have seen, or offsets that all further events are
   * above. More than they have seen would be a gap for those who watch already.
   */
  private Future<Map<String, Long>> lastOffsets(List<String> streams) {
    Map<String, Long> last = new HashMap<>();
    List<String> unknown = new ArrayList<>();
    for (String stream : streams) {
      long sent = offsets.lastSent(stream);
      if (sent > 0) {
        last.put(stream, sent);
      } else if (d.storeHealth().unavailable()) {
        long seen = offsets.last(stream);
        last.put(stream, seen > 0 ? seen : offsets.next(stream));
      } else {
        unknown.add(stream);
      }
    }
    return unknown.isEmpty()
        ? Future.succeededFuture(last)
        : d.store()
            .lastOffsets(partition, unknown)
            .map(
                stored -> {
                  last.putAll(stored);
                  return last;
                });
  }

  public void unregister(Unregister request) {
    for (String stream : request.getStreamsList()) {
      routes.remove(stream, request.getNode());
      states.viewerCounts().count(stream, request.getNode(), 0);
    }
  }

  /** Whether the node believes to have the routes that it has. A suspended node is reminded. */
  public boolean agrees(String id, PartitionRoutes believed) {
    NodeProgress node = routes.node(id);
    return node.suspended() || node.checksum().agrees(believed);
  }

  /**
   * Forgets nodes that left the cluster, here and in the distributed map.
   *
   * @param live the members' ids
   * @return true if there were any: their answers are no longer awaited
   */
  public boolean retain(Set<String> live) {
    List<String> left =
        routes.nodes().stream().map(NodeProgress::id).filter(id -> !live.contains(id)).toList();
    if (left.isEmpty()) {
      return false;
    }
    left.forEach(routes::drop);
    left.forEach(states.viewerCounts()::drop);
    d.cluster()
        .registrations()
        .read(partition, live)
        .onFailure(
            e ->
                log.warn(
                    "partition {}: registrations of nodes that left could not be removed; the next"
                        + " change of members retries",
                    partition,
                    e));
    return true;
  }

  /** A suspended node does not know it: reminds it until it registers again or leaves. */
  public void remindSuspended(long epoch) {
    Suspended suspended = Suspended.newBuilder().setPartition(partition).setEpoch(epoch).build();
    for (NodeProgress node : routes.nodes()) {
      if (node.suspended()) {
        d.bus().send(Addresses.supervise(node.id()), suspended);
      }
    }
  }
}
