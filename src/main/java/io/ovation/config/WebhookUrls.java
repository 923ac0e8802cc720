package io.ovation.config;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * URLs by package type: a mapping in YAML and JSON; {@code type=url} with blanks or commas between
 * them in the environment, which has nothing but strings.
 */
final class WebhookUrls {
  static final ValueRule RULE =
      new ValueRule(
          "type: URL pairs, as in invoice: https://example.org/hook (environment: type=URL, with"
              + " blanks between several), types of 1-64 of A-Z a-z 0-9 . _ : -",
          WebhookUrls::parse);

  /** Base 64 after {@code whsec_}, as the libraries of Standard Webhooks take it, or any text. */
  static final ValueRule SECRET =
      ValueRule.text(
          "|(?!whsec_)\\S{16,256}"
              + "|whsec_(?:[A-Za-z0-9+/]{4}){4,86}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
          "16 to 256 characters without blanks, or whsec_ with base 64 behind it, or empty");

  private static final Pattern TYPE = Pattern.compile("[A-Za-z0-9._:-]{1,64}");

  private WebhookUrls() {}

  private static @Nullable Object parse(Object raw) {
    Map<String, String> urls = new LinkedHashMap<>();
    if (raw instanceof Map<?, ?> map) {
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        if (!add(urls, String.valueOf(entry.getKey()), String.valueOf(entry.getValue()))) {
          return null;
        }
      }
      return urls;
    }
    return raw instanceof String text && parse(urls, text) ? urls : null;
  }

  private static boolean parse(Map<String, String> urls, String text) {
    for (String pair : text.split("[\\s,]+")) {
      int equals = pair.indexOf('=');
      if (!pair.isEmpty()
          && (equals < 0 || !add(urls, pair.substring(0, equals), pair.substring(equals + 1)))) {
        return false;
      }
    }
    return true;
  }

  private static boolean add(Map<String, String> urls, String type, String url) {
    return TYPE.matcher(type).matches() && isHttp(url) && urls.put(type, url) == null;
  }

  private static boolean isHttp(String url) {
    try {
      URI uri = URI.create(url);
      boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      // A password in a URL would end up in logs; receivers check the signature instead.
      return http && uri.getHost() != null && uri.getUserInfo() == null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
