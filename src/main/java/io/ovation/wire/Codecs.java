package io.ovation.wire;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Internal;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.ovation.wire.proto.Announce;
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

  /**
   * Registers all messages. Must be called once per Vert.x instance, before anything is sent or
   * consumed.
   */
  public static void register(EventBus bus) {
    String javaPackage = Announce.class.getPackageName();
    for (Descriptor message : Announce.getDescriptor().getFile().getMessageTypes()) {
      try {
        Class<?> type = Class.forName(javaPackage + "." + message.getName());
        register(bus, type.asSubclass(MessageLite.class));
      } catch (ClassNotFoundException e) {
        throw new IllegalStateException("wire.proto and its classes differ", e);
      }
    }
  }

  @SuppressWarnings("unchecked") // A message's parser reads that message.
  private static <T extends MessageLite> void register(EventBus bus, Class<T> type) {
    var parser = (Parser<T>) Internal.getDefaultInstance(type).getParserForType();
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
