package io.ovation.queue.typed;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.ovation.async.Backoff;
import io.ovation.queue.Lane;
import io.ovation.queue.proto.QueueItem;
import io.ovation.queue.typed.consumer.EnvelopeReader;
import java.time.Duration;
import java.util.function.Function;

/**
 * One rpc of a service, as the queue sees it. Generated code makes these. Immutable; any thread.
 *
 * @param <T> the request
 */
public final class QueueMethod<T extends Message> {
  private final String service;
  private final String name;
  private final Parser<T> parser;
  private final Function<T, String> key;
  private final Function<T, String> id;
  private final Lane lane;
  private final Policy policy;

  private QueueMethod(Builder<T> builder) {
    service = builder.service;
    name = builder.name;
    parser = builder.parser;
    key = builder.key;
    id = builder.id;
    lane = builder.lane;
    policy = builder.policy;
  }

  /**
   * Starts the description of an rpc.
   *
   * @param service the service's full name, such as {@code ovation.live.Comments}
   * @param name the rpc's name
   */
  public static <T extends Message> Builder<T> of(String service, String name, Parser<T> parser) {
    return new Builder<>(service, name, parser);
  }

  public String service() {
    return service;
  }

  public String name() {
    return name;
  }

  /** The lane of an item whose sender names none. */
  public Lane lane() {
    return lane;
  }

  /** How often, how long and until when an item is tried. */
  public Policy policy() {
    return policy;
  }

  /** The request's ordering key; empty if there is none. */
  public String key(T request) {
    return key.apply(request);
  }

  /** The request's own identity; empty if there is none. */
  public String id(T request) {
    return id.apply(request);
  }

  /**
   * Reads an item of this method.
   *
   * @throws PoisonItem when the bytes are no item, or one of another service or method
   */
  public Item<T> decode(byte[] bytes) {
    QueueItem item = EnvelopeReader.read(bytes);
    EnvelopeReader.requireService(item, service);
    if (!item.getMethod().equals(name)) {
      throw EnvelopeReader.unknownMethod(item, name);
    }
    return decode(item);
  }

  Item<T> decode(QueueItem item) {
    T request;
    try {
      request = parser.parseFrom(item.getPayload());
    } catch (InvalidProtocolBufferException e) {
      throw new PoisonItem(
          PoisonItem.Reason.BAD_PAYLOAD,
          "the payload of " + service + "/" + name + " can't be read: " + e.getMessage());
    }
    String itemId = item.getId().isEmpty() ? id(request) : item.getId();
    String itemKey = item.getKey().isEmpty() ? key(request) : item.getKey();
    return new Item<>(this, request, ItemMetadata.of(item, itemId, itemKey), policy);
  }

  /** The labels of its meters. */
  public String[] tags(String queue) {
    return new String[] {"queue", queue, "service", service, "method", name};
  }

  @Override
  public String toString() {
    return service + "/" + name;
  }

  /** Collects what the {@code .proto} says of the method. */
  public static final class Builder<T extends Message> {
    private final String service;
    private final String name;
    private final Parser<T> parser;
    private Function<T, String> key = request -> "";
    private Function<T, String> id = request -> "";
    private Lane lane = Lane.NORMAL;
    private Policy policy = Policy.DEFAULT;

    private Builder(String service, String name, Parser<T> parser) {
      this.service = service;
      this.name = name;
      this.parser = parser;
    }

    public Builder<T> key(Function<T, String> key) {
      this.key = key;
      return this;
    }

    public Builder<T> id(Function<T, String> id) {
      this.id = id;
      return this;
    }

    public Builder<T> lane(Lane lane) {
      this.lane = lane;
      return this;
    }

    public Builder<T> maxAttempts(int attempts) {
      policy = policy.withMaxAttempts(attempts);
      return this;
    }

    public Builder<T> timeoutMs(long ms) {
      policy = policy.withTimeout(Duration.ofMillis(ms));
      return this;
    }

    public Builder<T> ttlMs(long ms) {
      policy = policy.withTtl(Duration.ofMillis(ms));
      return this;
    }

    public Builder<T> backoff(long initialMs, double factor, long maxMs, double jitter) {
      policy =
          policy.withBackoff(
              new Backoff(Duration.ofMillis(initialMs), factor, Duration.ofMillis(maxMs), jitter));
      return this;
    }

    public QueueMethod<T> build() {
      return new QueueMethod<>(this);
    }
  }
}
