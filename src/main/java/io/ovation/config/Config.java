package io.ovation.config;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * All of {@code conf/ovation.yaml}, typed. Every component is one key there, spelled in snake_case;
 * the environment overrides it by its path in upper case: {@code OVATION_HTTP_PORT}.
 */
public record Config(
    String region,
    int partitions,
    Data data,
    Log log,
    Http http,
    Rabbitmq rabbitmq,
    Redis redis,
    Cluster cluster,
    Ingress ingress,
    Reactions reactions,
    Dispatch dispatch,
    Supervise supervise,
    Viewer viewer,
    Drain drain,
    History history,
    Liveness liveness,
    Packages packages) {

  /** Where the embedded queue and store keep their file; how many writes may wait for the disk. */
  public record Data(String dir, int inFlight) {}

  /**
   * @param format {@code text} or {@code json}
   * @param level of the product's own loggers
   */
  public record Log(String format, String level) {}

  /**
   * @param headerTimeout a connection whose request's head is not complete after so long is closed
   */
  public record Http(
      String host, int port, long bodyLimit, Duration headerTimeout, Duration idleTimeout) {}

  /**
   * @param uri empty for the embedded queue
   * @param heartbeat how often the broker and we prove to be there; at most 4 s
   * @param confirmTimeout a publish without a confirm for so long fails
   * @param inFlight publishes that may wait for a confirm
   * @param reconnectLimit how long to try to reach the broker before the process gives up
   */
  public record Rabbitmq(
      String uri,
      Duration heartbeat,
      Duration confirmTimeout,
      int inFlight,
      Duration reconnectInitial,
      Duration reconnectMax,
      Duration reconnectLimit) {}

  /**
   * @param uri empty for the embedded store
   * @param timeout a command without an answer for so long fails
   */
  public record Redis(
      String uri, Duration timeout, int connections, int inFlight, Duration reconnectLimit) {}

  /**
   * @param file Hazelcast's configuration, looked for in the working directory, then in the jar
   */
  public record Cluster(String file) {}

  /**
   * @param inFlight comments admitted but not yet durable; beyond it 429
   */
  public record Ingress(int inFlight) {}

  /**
   * @param kinds what viewers may send
   * @param inFlight calls admitted but not yet durable; beyond it 429
   * @param window a stream's viewers are told its counts once per window at most
   * @param ttl how long after a stream's last reaction its totals are kept
   */
  public record Reactions(List<String> kinds, int inFlight, Duration window, Duration ttl) {
    public Reactions {
      kinds = List.copyOf(kinds);
    }
  }

  /**
   * @param rate events per second and dispatcher, 0 for no limit
   * @param prefetch unacked items per partition; the same on every node
   * @param batch items per store append
   * @param window batches per partition and node that may be unanswered
   * @param nodeTimeout a node without an answer for so long is suspended
   * @param storePatience how long delivery waits for the store
   * @param storeAway the store counts as away after so long without an answer
   */
  public record Dispatch(
      int rate,
      int prefetch,
      int batch,
      int window,
      Duration nodeTimeout,
      Duration storePatience,
      Duration storeAway) {}

  /**
   * @param linger how long a stream stays registered after its last viewer
   * @param ring recent events kept per stream for those who return
   * @param openTimeout how long the first viewer of a stream waits for its owner
   * @param viewersInterval how often changed viewer counts are reported
   */
  public record Supervise(
      Duration linger, int ring, Duration openTimeout, Duration viewersInterval) {}

  /**
   * @param heartbeat how often each side proves to be there; a viewer silent for two is stale
   * @param buffer bytes that may wait for one viewer before it gets a gap
   * @param messageLimit bytes of one message from a viewer
   * @param stuck a viewer whose buffer stays full for so long is disconnected
   * @param pass sockets written before the event loop gets its turn
   * @param ttlMin each connection lives for a random time from here to {@code ttlMax}; 0 for ever
   * @param connectRate new connections per second of the node, 0 for no limit
   * @param connectBurst connections beyond the rate that a quiet node takes at once
   * @param connections open at a time, 0 for nine tenths of what the process may open
   * @param oneStream whether a user's watch of a second stream ends that of the first
   */
  public record Viewer(
      Duration heartbeat,
      long buffer,
      int messageLimit,
      Duration stuck,
      int pass,
      Duration ttlMin,
      Duration ttlMax,
      int connectRate,
      int connectBurst,
      int connections,
      boolean oneStream) {}

  /**
   * @param period over which a node that stops sends its viewers elsewhere
   */
  public record Drain(Duration period) {}

  /** Per stream: at most so many events and bytes of them, for so long after the newest. */
  public record History(int events, long bytes, Duration ttl) {}

  /**
   * @param origin where objects are asked for, {@code GET {origin}/objects/{id}}; empty for nowhere
   * @param concurrency checks in flight at a time on one node
   * @param timeout a check without an answer for so long has failed
   * @param ttl how long an object counts as online after it was seen
   * @param inFlight ids of callbacks that may wait for the queue at a time; beyond it 429
   * @param streamPrefix object 17 is the stream named {@code streamPrefix + 17}
   * @param breakerFailures failures of the origin in a row after which it is left alone
   * @param breakerInitial the first wait before it is tried again; it doubles up to {@code
   *     breakerMax}
   * @param onlyLiveComments refuses comments on streams that are not live
   */
  public record Liveness(
      String origin,
      int concurrency,
      Duration timeout,
      Duration ttl,
      int inFlight,
      String streamPrefix,
      int breakerFailures,
      Duration breakerInitial,
      Duration breakerMax,
      boolean onlyLiveComments) {}

  /**
   * @param ttl how long a package's status is kept after its last change, and its id with it
   * @param inFlight submissions that may wait for store and queue at a time; beyond it 429
   * @param concurrency packages at work at a time on one node
   * @param typeConcurrency of one type at a time on one node
   * @param prefetch unacked items per partition and lane; the same on every node
   * @param lease a worker that was not heard of for so long loses its package
   * @param timeout a handler that takes longer has failed
   * @param attempts failures after which a package is dead
   * @param backoffInitial the pause after the first failure; it doubles up to {@code backoffMax}
   * @param webhooks URLs by type
   * @param webhookSecret signs what is posted to webhooks; empty if there are none
   */
  public record Packages(
      Duration ttl,
      int inFlight,
      int concurrency,
      int typeConcurrency,
      int prefetch,
      Duration lease,
      Duration timeout,
      int attempts,
      Duration backoffInitial,
      Duration backoffMax,
      Map<String, String> webhooks,
      String webhookSecret) {

    public Packages {
      webhooks = Map.copyOf(webhooks);
    }

    /** Without the secret: records end up in logs. */
    /** Of a type with this many at work, so many may wait: half of the places that are left. */
    public int typeRoom() {
      int limit = Math.min(typeConcurrency, concurrency);
      return Math.min(limit, (concurrency - limit) / 2);
    }

    @Override
    public String toString() {
      return "Packages[webhooks=" + webhooks.keySet() + ", concurrency=" + concurrency + "]";
    }
  }
}
