package io.ovation.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Renders what this chart uses of Helm's templates: values, {@code range} over a map with two
 * variables, {@code if}, comments, the quotes of {@link #QUOTED}, and {@code .Files.Get}. Anything
 * else stays as it is and is no YAML.
 */
final class MiniChart {
  private static final Pattern RANGE =
      Pattern.compile("(?s)\\{\\{- range \\$(\\w+), \\$(\\w+) := ([.\\w]+) }}(.*?)\\{\\{- end }}");
  private static final Pattern IF =
      Pattern.compile("(?s)\\{\\{- if ([.\\w]+) }}(.*)\\{\\{- end }}");
  private static final Pattern VALUE = Pattern.compile("\\{\\{ \\$?([.\\w]+) }}");
  private static final Pattern COMMENT = Pattern.compile("(?s)\\{\\{- /\\*.*?\\*/}}\n");

  /** A text or a number in quotes. */
  private static final String QUOTED =
      "{{ if kindIs \"float64\" $value }}{{ int64 $value | quote }}{{ else }}{{ quote $value }}{{ end }}";

  private static final Pattern FILE = Pattern.compile("\\{\\{ \\.Files\\.Get \"([^\"]+)\".*? }}");

  private final Map<?, ?> values;
  private final Path chart;

  MiniChart(Map<?, ?> values, Path chart) {
    this.values = values;
    this.chart = chart;
  }

  String render(Path template) throws IOException {
    String text = COMMENT.matcher(Files.readString(template)).replaceAll("");
    text = text.replace(QUOTED, "\"{{ $value }}\"");
    text = RANGE.matcher(text).replaceAll(m -> Matcher.quoteReplacement(range(m)));
    text =
        IF.matcher(text)
            .replaceAll(
                m ->
                    Matcher.quoteReplacement(
                        Boolean.TRUE.equals(value(m.group(1), values)) ? m.group(2) : ""));
    Matcher file = FILE.matcher(text);
    if (file.find()) {
      String content = Files.readString(chart.resolve(file.group(1))).indent(4);
      text = file.replaceFirst(Matcher.quoteReplacement(content));
    }
    return VALUE
        .matcher(text)
        .replaceAll(m -> Matcher.quoteReplacement(String.valueOf(value(m.group(1), values))));
  }

  private String range(MatchResult m) {
    StringBuilder all = new StringBuilder();
    if (value(m.group(3), values) instanceof Map<?, ?> map) {
      map.forEach(
          (key, item) -> {
            String body = m.group(4).replace("{{ $" + m.group(1) + " }}", String.valueOf(key));
            body = body.replace("{{ $" + m.group(2) + " }}", String.valueOf(item));
            Matcher field =
                Pattern.compile("\\{\\{ \\$" + m.group(2) + "\\.(\\w+) }}").matcher(body);
            all.append(
                field.replaceAll(
                    f ->
                        Matcher.quoteReplacement(
                            String.valueOf(((Map<?, ?>) item).get(f.group(1))))));
          });
    }
    return all.toString();
  }

  private static @Nullable Object value(String path, Map<?, ?> values) {
    if (path.startsWith(".Release.")) {
      return "show";
    }
    Object at = values;
    for (String part : path.replaceFirst("^\\.?Values\\.|^\\.Values\\.", "").split("\\.")) {
      at = at instanceof Map<?, ?> map ? map.get(part) : null;
    }
    return at;
  }
}
