package io.ovation.auth;

import io.ovation.http.body.JsonText;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What viewers receive of a user besides the name: {@code {name, avatar, badges, color}}. */
public final class Profile {
  private static final int MAX_LENGTH = 1024;
  private static final List<String> FIELDS = List.of("name", "avatar", "badges", "color");

  private Profile() {}

  /** The known fields as JSON; null if this is no object, or longer than 1 KiB. */
  public static @Nullable String encode(@Nullable Object profile) {
    if (!(profile instanceof Map<?, ?> map)) {
      return null;
    }
    Map<String, Object> known = new LinkedHashMap<>();
    for (String field : FIELDS) {
      Object value = map.get(field);
      if (value != null) {
        known.put(field, value);
      }
    }
    String json = JsonText.encode(known);
    return json.length() <= MAX_LENGTH ? json : null;
  }
}
