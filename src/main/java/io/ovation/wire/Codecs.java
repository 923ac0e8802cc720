package io.ovation.wire;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.ovation.wire.proto.Announce;
import io.ovation.wire.proto.Answer;
import io.ovation.wire.proto.Audit;
import io.ovation.wire.proto.Audited;
import io.ovation.wire.proto.Counts;
import io.ovation.wire.proto.Elsewhere;
import io.ovation.wire.proto.EventBatch;
import io.ovation.wire.proto.Register;
import io.ovation.wire.proto.Registered;
import io.ovation.wire.proto.Seen;
import io.ovation.wire.proto.StateUpdates;
import io.ovation.wire.proto.StreamQuery;
import io.ovation.wire.proto.StreamStatus;
import io.ovation.wire.proto.Suspended;
import io.ovation.wire.proto.Unregister;
import io.ovation.wire.proto.Watched;
import io.ovation.wire.proto.Watches;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageCodec;

/** Codecs that carry the messages of {@code wire.proto} over the event bus. */
public final class Codecs {
  /**
   * Raised when a message changes so that older nodes can't read it. From then on a node reads its
   * own version and its predecessor's.
   */
  static final byte VERSION = 1;

  private Codecs() {}

  /** Must be called once per Vert.x instance, before anything is sent or consumed. */
  public static void register(EventBus bus) {
    register(bus, Announce.class, Announce.parser());
    register(bus, Answer.class, Answer.parser());
    register(bus, Audit.class, Audit.parser());
    register(bus, Audited.class, Audited.parser());
    register(bus, EventBatch.class, EventBatch.parser());
    register(bus, Counts.class, Counts.parser());
    register(bus, Elsewhere.class, Elsewhere.parser());
    register(bus, Register.class, Register.parser());
    register(bus, Registered.class, Registered.parser());
    register(bus, Seen.class, Seen.parser());
    register(bus, StateUpdates.class, StateUpdates.parser());
    register(bus, StreamQuery.class, StreamQuery.parser());
    register(bus, StreamStatus.class, StreamStatus.parser());
    register(bus, Suspended.class, Suspended.parser());
    register(bus, Unregister.class, Unregister.parser());
    register(bus, Watched.class, Watched.parser());
    register(bus, Watches.class, Watches.parser());
  }

  private static <T extends MessageLite> void register(
      EventBus bus, Class<T> type, Parser<T> parser) {
    bus.registerDefaultCodec(type, new ProtoCodec<>("ovation." + type.getSimpleName(), parser));
  }

  /** {@code version:1 length:4 bytes}; within a node the message itself is passed. */
  record ProtoCodec<T extends MessageLite>(String name, Parser<T> parser)
      implements MessageCodec<T, T> {

    @Override
    public void encodeToWire(Buffer out, T message) {
      byte[] bytes = message.toByteArray();
      out.appendByte(VERSION).appendInt(bytes.length).appendBytes(bytes);
    }

    @Override
    public T decodeFromWire(int start, Buffer in) {
      byte version = in.getByte(start);
      if (version != VERSION) {
        throw new IllegalStateException(
            name + ": message version " + version + ", this node reads " + VERSION);
      }
      int length = in.getInt(start + 1);
      try {
        return parser.parseFrom(in.getBytes(start + 5, start + 5 + length));
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalStateException(name + ": a node sent a damaged message", e);
      }
    }

    @Override
    public T transform(T message) {
      return message;
    }

    @Override
    public byte systemCodecID() {
      return -1;
    }
  }
}
