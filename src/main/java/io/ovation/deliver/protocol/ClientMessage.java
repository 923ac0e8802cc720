package io.ovation.deliver.protocol;

import org.jspecify.annotations.Nullable;

/** A message from a viewer. */
public sealed interface ClientMessage {

  /**
   * @param since the viewer's last position, or -1
   * @param region to which {@code since} belongs; null for this one
   */
  record Watch(String stream, String user, long since, @Nullable String region)
      implements ClientMessage {}

  /** Text and id are validated by the submission service, as those of every comment. */
  record Comment(@Nullable Object text, @Nullable Object id) implements ClientMessage {}

  /** Validated by the submission service. */
  record Reaction(@Nullable Object kind, @Nullable Object count, @Nullable Object id)
      implements ClientMessage {}

  record Ping() implements ClientMessage {}
}
