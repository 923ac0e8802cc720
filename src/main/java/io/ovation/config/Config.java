package io.ovation.config;

import io.ovation.config.ValueRule.Matches;
import io.ovation.config.ValueRule.Range;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * All of {@code conf/ovation.yaml}, which says what each key does; here are the types and bounds.
 * Sizes are bytes. Every component is one key there, spelled in snake_case; the environment
 * overrides it by its path in upper case: {@code OVATION_HTTP_PORT}.
 */
public record Config(
    @Matches(
            value = "[A-Za-z0-9._-]{1,64}",
            expected = "1 to 64 of the characters A-Z a-z 0-9 . _ -")
        String region,
    Regions regions,
    @Range(min = "1", max = "4096") int partitions,
    Data data,
    Log log,
    TraceConfig trace,
    Http http,
    Limits limits,
    Auth auth,
    Operate operate,
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
    Moderation moderation,
    Hooks hooks,
    Publish publish,
    Packages packages) {

  private static final String MANY = "10000000";

  /** Of a key that signs requests. */
  private static final String SECRET =
      "|(?!whsec_)\\S{16,256}"
          + "|whsec_(?:[A-Za-z0-9+/]{4}){4,86}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?";

  private static final String A_SECRET =
      "16 to 256 characters without blanks, or whsec_ with base 64 behind it, or empty";

  /**
   * The other regions.
   *
   * @param queues the addresses of each one's RabbitMQ, by its name: {@code regions.<name>.queue}
   * @param outboxBytes what waits for one region in one partition
   */
  public record Regions(
      Map<String, String> queues,
      @Range(min = "64KiB", max = "1024GiB") long outboxBytes,
      @Range(min = "1s", max = "7d") Duration outboxAge) {
    public Regions {
      queues = Map.copyOf(queues);
    }

    /** Without the addresses: records end up in logs. */
    @Override
    public String toString() {
      return "Regions" + queues.keySet();
    }
  }

  /** The embedded queue and store. */
  public record Data(
      @Matches(value = ".+", expected = "the path of a folder") String dir,
      @Range(min = "1", max = MANY) int inFlight) {}

  public record Log(
      @Matches(value = "text|json|ecs", expected = "one of text, json, ecs") String format,
      @Matches(
              value = "error|warn|info|debug|trace",
              expected = "one of error, warn, info, debug, trace")
          String level) {}

  public record Http(
      @Matches(value = "\\S+", expected = "a non-empty string without blanks") String host,
      @Range(min = "0", max = "65535") int port,
      @Range(min = "1KiB", max = "64KiB") long lineLimit,
      @Range(min = "4KiB", max = "256KiB") long headersLimit,
      @Range(min = "1KiB", max = "16MiB") long bodyLimit,
      @Range(min = "1MiB", max = "1GiB") long bodiesLimit,
      @Range(min = "0", max = MANY) int connectionsPerAddress,
      @Range(min = "1s", max = "1m") Duration headerTimeout,
      @Range(min = "1s", max = "1d") Duration idleTimeout,
      @Matches(
              value = "\\*|null|https?://[A-Za-z0-9._:\\[\\]-]+",
              expected = "a list of origins, as in https://example.org, or *")
          List<String> origins,
      @Matches(
              value = "|[0-9A-Fa-f.:]{2,45}(/\\d{1,3})?",
              expected = "a list of addresses and ranges, as in 10.0.0.0/8")
          List<String> trustedProxies,
      Tls tls) {
    public Http {
      origins = List.copyOf(origins);
      trustedProxies = List.copyOf(trustedProxies);
    }
  }

  /** Per minute and node; 0 for none. */
  public record Limits(
      @Range(min = "0", max = MANY) int commentsPerUser,
      @Range(min = "0", max = MANY) int commentsPerAddress,
      @Range(min = "0", max = MANY) int reactionsPerUser,
      @Range(min = "0", max = MANY) int reactionsPerAddress,
      @Range(min = "0", max = MANY) int watchesPerUser,
      @Range(min = "0", max = MANY) int watchesPerAddress,
      @Range(min = "0", max = MANY) int reportsPerUser,
      @Range(min = "0", max = MANY) int reportsPerAddress,
      @Range(min = "0", max = MANY) int connectionsPerUser) {

    public boolean used() {
      return !equals(new Limits(0, 0, 0, 0, 0, 0, 0, 0, connectionsPerUser));
    }
  }

  /** TLS of the HTTP port; both files or none. */
  public record Tls(
      @Matches(value = ".*", expected = "the path of a file, or empty") String certificate,
      @Matches(value = ".*", expected = "the path of a file, or empty") String key) {

    public boolean used() {
      return !certificate.isEmpty();
    }
  }

  /**
   * Tokens of viewers and back ends.
   *
   * @param secret the key of HS256; empty for none
   * @param jwks a file or a URL; empty for none
   */
  public record Auth(
      boolean required,
      @Matches(value = "|\\S{32,512}", expected = "32 to 512 characters without blanks, or empty")
          String secret,
      @Matches(
              value = "|https?://[^\\s@]+|(?!https?:)[^\\s].*",
              expected = "the path of a file, http://…, https://…, or empty")
          String jwks,
      @Matches(value = ".{0,256}", expected = "up to 256 characters") String issuer,
      @Matches(value = ".{0,256}", expected = "up to 256 characters") String audience,
      @Range(min = "0s", max = "10m") Duration leeway) {

    /** Whether there are keys to check tokens with. */
    public boolean hasKeys() {
      return !secret.isEmpty() || !jwks.isEmpty();
    }

    /** Without the secret: records end up in logs. */
    @Override
    public String toString() {
      return "Auth[required=" + required + ", jwks=" + jwks + "]";
    }
  }

  /**
   * The operators' port.
   *
   * @param token may be empty while {@code host} is a loopback address
   */
  public record Operate(
      @Matches(value = "\\S+", expected = "a non-empty string without blanks") String host,
      @Range(min = "0", max = "65535") int port,
      @Matches(value = "|\\S{16,256}", expected = "16 to 256 characters without blanks, or empty")
          String token) {

    /** Without the token: records end up in logs. */
    @Override
    public String toString() {
      return "Operate[host=" + host + ", port=" + port + "]";
    }
  }

  /**
   * @param heartbeat above 4 s a frozen dispatcher would not lose its partitions within the
   *     promised 10 s
   */
  public record Rabbitmq(
      @Matches(
              value = "|amqps?://\\S+",
              expected = "amqp://user:password@host:port/vhost, several with commas, or empty")
          String uri,
      @Range(min = "1s", max = "4s") Duration heartbeat,
      @Range(min = "100ms", max = "5m") Duration confirmTimeout,
      @Range(min = "1", max = MANY) int inFlight,
      @Range(min = "1ms", max = "1h") Duration reconnectInitial,
      @Range(min = "1ms", max = "1h") Duration reconnectMax,
      @Range(min = "1s", max = "7d") Duration reconnectLimit) {}

  public record Redis(
      @Matches(
              value = "|rediss?(\\+sentinel)?://\\S+",
              expected = "redis://[:password@]host:port, redis+sentinel://…, or empty")
          String uri,
      @Range(min = "10ms", max = "1m") Duration timeout,
      @Range(min = "1", max = "1024") int connections,
      @Range(min = "1", max = MANY) int inFlight,
      @Range(min = "1s", max = "7d") Duration reconnectLimit) {}

  public record Cluster(@Matches(value = ".+", expected = "the path of a file") String file) {}

  public record Ingress(@Range(min = "1", max = MANY) int inFlight) {}

  public record Reactions(
      @Matches(
              value = "[a-z0-9_]{1,32}",
              expected = "a list of 1 to 32 different kinds, each 1-32 of a-z 0-9 _")
          List<String> kinds,
      @Range(min = "1", max = MANY) int inFlight,
      @Range(min = "100ms", max = "2s") Duration window,
      @Range(min = "1m", max = "3650d") Duration ttl) {
    public Reactions {
      kinds = List.copyOf(kinds);
    }
  }

  /**
   * @param prefetch AMQP carries it in 16 bits
   * @param nodeTimeout at most 2 s: a slow node may not delay the others longer, which is promised
   */
  public record Dispatch(
      @Range(min = "0", max = MANY) int rate,
      @Range(min = "1", max = "65535") int prefetch,
      @Range(min = "1", max = "10000") int batch,
      @Range(min = "1", max = "1024") int window,
      @Range(min = "100ms", max = "2s") Duration nodeTimeout,
      @Range(min = "100ms", max = "1m") Duration storeAway) {}

  public record Supervise(
      @Range(min = "0s", max = "1h") Duration linger,
      @Range(min = "1", max = "100000") int ring,
      @Range(min = "100ms", max = "5m") Duration openTimeout,
      @Range(min = "100ms", max = "1m") Duration viewersInterval) {}

  public record Viewer(
      @Range(min = "1s", max = "1h") Duration heartbeat,
      @Range(min = "64KiB", max = "1GiB") long buffer,
      @Range(min = "1KiB", max = "1MiB") int messageLimit,
      @Range(min = "1s", max = "1h") Duration stuck,
      @Range(min = "1", max = "100000") int pass,
      @Range(min = "0s", max = "7d") Duration ttlMin,
      @Range(min = "0s", max = "7d") Duration ttlMax,
      @Range(min = "0", max = "1000000") int connectRate,
      @Range(min = "1", max = "1000000") int connectBurst,
      @Range(min = "0", max = MANY) int connections,
      @Range(min = "1", max = "100000") int messagesPerSecond,
      @Range(min = "1", max = "100000") int framesPerSecond,
      @Range(min = "1", max = "1000") int watchesPerSecond,
      boolean oneStream,
      boolean deflate) {}

  public record Drain(@Range(min = "0s", max = "1h") Duration period) {}

  /**
   * @param bytes the newest event always fits: a text of 500 code points is at most 6 KiB as JSON
   */
  public record History(
      @Range(min = "0", max = "1000000") int events,
      @Range(min = "64KiB", max = "1GiB") long bytes,
      @Range(min = "1s", max = "30d") Duration ttl) {}

  /**
   * @param origin no user, query or fragment, since an object's path is appended
   * @param timeout the queue takes a check that lasts a minute for one that hangs
   */
  public record Liveness(
      @Matches(
              value = "|https?://[^\\s/@?#]+(/[^\\s@?#]*)?",
              expected = "http://host[:port][/path], https://…, or empty")
          String origin,
      @Range(min = "1", max = "10000") int concurrency,
      @Range(min = "10ms", max = "20s") Duration timeout,
      @Range(min = "1s", max = "12h") Duration ttl,
      @Range(min = "1000", max = MANY) int inFlight,
      @Matches(value = "[A-Za-z0-9._:-]{0,100}", expected = "0 to 100 of A-Z a-z 0-9 . _ : -")
          String streamPrefix,
      @Range(min = "1", max = "100000") int breakerFailures,
      @Range(min = "10ms", max = "1h") Duration breakerInitial,
      @Range(min = "10ms", max = "1h") Duration breakerMax,
      boolean onlyLiveComments) {}

  public record Moderation(
      @Matches(value = ".*", expected = "the path of a file, or empty") String words,
      @Matches(value = ".*", expected = "the path of a file, or empty") String auditLog,
      @Range(min = "64KiB", max = "1GiB") long auditSize,
      @Range(min = "1", max = "1000") int auditFiles) {}

  /**
   * The broadcaster's own URLs that decide on watches and comments.
   *
   * @param secret as {@link Packages#webhookSecret}
   * @param onTimeout what a call without a valid answer counts as
   */
  public record Hooks(
      @Matches(value = "|https?://[^\\s@]+", expected = "http://…, https://…, or empty")
          String watch,
      @Matches(value = "|https?://[^\\s@]+", expected = "http://…, https://…, or empty")
          String comment,
      @Matches(value = SECRET, expected = A_SECRET) String secret,
      @Range(min = "10ms", max = "10s") Duration timeout,
      @Matches(value = "allow|deny|hold", expected = "one of allow, deny, hold") String onTimeout,
      @Range(min = "1", max = "100000") int inFlight,
      @Range(min = "1", max = "100000") int breakerFailures,
      @Range(min = "100ms", max = "1m") Duration breakerPause) {

    public boolean used() {
      return !watch.isEmpty() || !comment.isEmpty();
    }

    /** Without the secret: records end up in logs. */
    @Override
    public String toString() {
      return "Hooks[watch=" + watch + ", comment=" + comment + "]";
    }
  }

  /** Events for archives, search and analytics. */
  public record Publish(
      @Matches(
              value = "[A-Za-z0-9._:-]{0,127}",
              expected = "0 to 127 of the characters A-Z a-z 0-9 . _ : -")
          String exchange,
      @Range(min = "1s", max = "10m") Duration patience) {}

  /**
   * @param timeout RabbitMQ closes a channel whose items are unacked for 30 minutes
   * @param webhookSecret any text, or base 64 after {@code whsec_} as the libraries of Standard
   *     Webhooks take it
   */
  public record Packages(
      @Range(min = "1m", max = "30d") Duration ttl,
      @Range(min = "1", max = MANY) int inFlight,
      @Range(min = "1", max = "10000") int concurrency,
      @Range(min = "1", max = "10000") int typeConcurrency,
      @Range(min = "1", max = "1000") int prefetch,
      @Range(min = "1s", max = "1h") Duration lease,
      @Range(min = "10ms", max = "10m") Duration timeout,
      @Range(min = "1", max = "1000") int attempts,
      @Range(min = "1ms", max = "1h") Duration backoffInitial,
      @Range(min = "1ms", max = "1d") Duration backoffMax,
      @Range(min = "1s", max = "7d") Duration unhandledAfter,
      @Matches(
              value = "[A-Za-z0-9._:-]{1,64}",
              expected =
                  "type: URL pairs, as in invoice: https://example.org/hook (environment: type=URL,"
                      + " with blanks between several), types of 1-64 of A-Z a-z 0-9 . _ : -, URLs"
                      + " without user:password@")
          Map<String, String> webhooks,
      @Matches(value = SECRET, expected = A_SECRET) String webhookSecret) {

    public Packages {
      webhooks = Map.copyOf(webhooks);
    }

    /** How many packages of a type may be in progress here. */
    public int typeLimit() {
      return Math.min(typeConcurrency, concurrency);
    }

    /** How many packages of a type at its limit may wait here: half of the remaining places. */
    public int typeRoom() {
      return Math.min(typeLimit(), (concurrency - typeLimit()) / 2);
    }

    /** Without the secret: records end up in logs. */
    @Override
    public String toString() {
      return "Packages[webhooks=" + webhooks.keySet() + ", concurrency=" + concurrency + "]";
    }
  }
}
