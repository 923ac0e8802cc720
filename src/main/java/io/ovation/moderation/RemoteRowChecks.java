package io.ovation.moderation;

import io.ovation.http.body.InputRules;
import org.jspecify.annotations.Nullable;

/**
 * Checks bans, settings and erasures that another region sent: a producer in any language may have.
 */
public final class RemoteRowChecks {
  private static final int MAX_VALUE = 8_192;
  private static final int MAX_ID = 64;

  private RemoteRowChecks() {}

  /**
   * Why a row of the shared table can never take effect; null if it can.
   *
   * @param value empty if the row was removed
   */
  public static @Nullable String fault(String key, String value) {
    if (key.startsWith(PendingPurge.ERASE)) {
      String fault = InputRules.userFault(key.substring(PendingPurge.ERASE.length()));
      return fault != null
          ? "user " + fault
          : value.length() <= MAX_ID ? null : "value can't be read";
    }
    String[] parts = key.split("/", 3);
    boolean ban = parts.length == 3 && parts[0].equals("b");
    if (!ban && !(parts.length == 2 && parts[0].equals("s"))) {
      return "key must be b/<stream>/<user>, s/<stream> or e/<user>";
    }
    boolean all = ban && parts[1].equals(Ban.ALL_STREAMS);
    String fault = all ? null : InputRules.streamFault(parts[1]);
    if (fault != null) {
      return "stream " + fault;
    }
    if (ban && InputRules.userFault(parts[2]) != null) {
      return "user " + InputRules.userFault(parts[2]);
    }
    return value.isEmpty() || readable(ban, value) ? null : "value can't be read";
  }

  private static boolean readable(boolean ban, String value) {
    if (value.length() > MAX_VALUE) {
      return false;
    }
    try {
      Object read = ban ? Ban.decode(value) : StreamSettings.decode(value);
      return read != null;
    } catch (RuntimeException e) {
      return false;
    }
  }
}
