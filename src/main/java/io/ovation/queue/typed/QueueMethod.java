package io.ovation.queue.typed;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.ovation.queue.Lane;
import io.ovation.queue.proto.QueueItem;
import io.ovation.queue.typed.HandlerRegistration.Binding;
import io.ovation.queue.typed.HandlerRegistration.ItemHandler;
import java.util.function.Function;

/**
 * One rpc of a service, as the queue sees it. Generated code makes these. Immutable; any thread.
 *
 * @param <T> the request
 * @param service the service's full name, such as {@code ovation.live.Comments}
 * @param name the rpc's name
 * @param keyOf reads the request's ordering key; empty if there is none
 * @param idOf reads the request's own identity; empty if there is none
 * @param lane of an item whose sender names none
 * @param policy how an item is tried
 */
public record QueueMethod<T extends Message>(
    String service,
    String name,
    Parser<T> parser,
    Function<T, String> keyOf,
    Function<T, String> idOf,
    Lane lane,
    Policy policy) {

  /** This method with its handler, for a {@link HandlerRegistration}. */
  public Binding<T> to(ItemHandler<T> handler) {
    return new Binding<>(this, handler);
  }

  /**
   * Reads an item of this method.
   *
   * @throws PoisonItem when the bytes are no item, or one of another service or method
   */
  public Item<T> decode(byte[] bytes) {
    QueueItem item = Envelope.read(bytes, service);
    if (!item.getMethod().equals(name)) {
      throw Envelope.unknownMethod(item, name);
    }
    return decode(item);
  }

  Item<T> decode(QueueItem item) {
    T request;
    try {
      request = parser.parseFrom(item.getPayload());
    } catch (InvalidProtocolBufferException e) {
      String fault = "the payload of " + this + " can't be read: " + e.getMessage();
      throw new PoisonItem(PoisonItem.Reason.BAD_PAYLOAD, fault);
    }
    String id = item.getId().isEmpty() ? idOf.apply(request) : item.getId();
    String key = item.getKey().isEmpty() ? keyOf.apply(request) : item.getKey();
    long created = item.getCreatedAtMs();
    long due = item.getNotBeforeMs();
    var meta = new ItemMetadata(id, key, created, item.getAttempt(), due, item.getHeadersMap());
    return new Item<>(this, request, meta, policy);
  }

  /** The labels of its meters. */
  public String[] tags(String queue) {
    return new String[] {"queue", queue, "service", service, "method", name};
  }

  @Override
  public String toString() {
    return service + "/" + name;
  }
}
