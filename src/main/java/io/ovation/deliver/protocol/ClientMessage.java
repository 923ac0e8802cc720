package io.ovation.deliver.protocol;

import org.jspecify.annotations.Nullable;

/** What a viewer may say. */
public sealed interface ClientMessage {

  /**
   * @param since the last offset it has seen, or -1
   * @param region which {@code since} belongs to, or null for this one
   */
  record Watch(String stream, String user, long since, @Nullable String region)
      implements ClientMessage {}

  /** Text and id are checked where every comment is, by the intake. */
  record Comment(@Nullable Object text, @Nullable Object id) implements ClientMessage {}

  /** All is checked by the intake, as above. */
  record Reaction(@Nullable Object kind, @Nullable Object count, @Nullable Object id)
      implements ClientMessage {}

  record Ping() implements ClientMessage {}
}
