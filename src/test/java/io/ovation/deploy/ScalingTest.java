package io.ovation.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

/**
 * Holds {@code docs/scaling.md} to the pages of measurements, and its arithmetic to its own slopes.
 */
class ScalingTest {
  private static final double HEADROOM = 0.5;
  private static final double SPARE = 0.3;
  private static final int CORES = 8;
  private static final double BITS = 200 * 8;
  private static final Pattern NUMBER = Pattern.compile("\\d[\\d,]*(?:\\.\\d+)?");
  private static final Pattern SUPERVISE =
      Pattern.compile(
          "(?:\\d+ × )?([\\d,]+)(?: \\(([\\d,]+)\\))?, and (?:\\d+ × )?(\\d+|one) to spare");

  private final String page = read("scaling.md");

  @Test
  void theSlopesAreThoseThatWereMeasured() {
    String fanOut = read("benchmarks.md");
    List<Double> oneByOne =
        Stream.concat(
                column(fanOut, "\\| fanout-10 \\| ovation \\|.*", 5),
                column(fanOut, "\\| cluster \\|.*", 5))
            .sorted()
            .toList();
    slope("deliveries per CPU-second, messages one by one", oneByOne);
    slope(
        "deliveries per core where messages leave together",
        Stream.concat(
                column(fanOut, "\\| fanout-200 \\| ovation \\| websocket \\| 1,0.*", 5),
                column(fanOut, "\\| fanout-400 \\| ovation \\|.*", 5))
            .toList());
    double fall =
        column(fanOut, ".*\\| [24] nodes, falls by \\|.*", 4).mapToDouble(f -> f).max().orElse(9);
    assertThat(fall).isLessThanOrEqualTo(number(row("deliveries per CPU-second, 1 → 4 nodes")));
    slope(
        "new viewers per second and core",
        List.of(
            only(fanOut, "\\|  \\| fresh JVM \\|.*", 4),
            only(fanOut, "\\|  \\| server warm \\|.*", 4)));
    slope(
        "memory per idle viewer",
        List.of(
            only(fanOut, ".*live heap each \\|.*", 4), only(fanOut, ".*\\| RSS, slope \\|.*", 4)));
    slope("processor for 10,000 idle viewers", List.of(only(fanOut, ".*\\| idle CPU \\|.*", 4)));
    String accepted = "comments accepted and dispatched, 1,000 streams";
    assertThat(fanOut).contains("| 1,000 streams of 10 viewers, 1 comment/s each |");
    assertThat(numbers(row(accepted)).get(0)).isEqualTo(1_000);
    assertThat(fanOut).contains("| streams | ovation | websocket | 10,000 |");
    assertThat(numbers(row(accepted)).get(2))
        .isCloseTo(
            column(fanOut, "\\| streams \\| ovation \\|.*", 7).findFirst().orElse(0.0),
            Percentage.withPercentage(5));
    String queue = read("benchmarks-queue.md");
    slope(
        "confirmed publishes to RabbitMQ",
        List.of(
            only(queue, "\\| confirmed publishes \\|.*", 3),
            only(queue, "\\| handled and acked \\|.*", 3)));
    List<Double> killed =
        numbers(line(read("benchmarks-resume.md"), "\\| `kill -9` \\| about 3,000.*"));
    assertThat(numbers(row("viewers back after a node was killed")))
        .containsExactly(killed.get(2), killed.get(1));
  }

  @Test
  void eachSizeFollowsFromTheSlopes() {
    List<Double> measured = numbers(row("deliveries per CPU-second, messages one by one"));
    double rate = after("With ");
    assertThat(rate).isBetween(measured.get(0), measured.get(1));
    assertThat(after("one core carries ")).isEqualTo(viewersOfACore(rate, 10));
    assertThat(after("idle ones (one message per second) ")).isEqualTo(viewersOfACore(rate, 1));
    List<String> sizes =
        page.lines().filter(line -> line.matches("\\| [\\d,]+(, 5 regions)? \\|.*")).toList();
    assertThat(sizes).hasSize(6);
    sizes.forEach(size -> holds(size.split("\\|", -1), rate));
  }

  private static void holds(String[] cells, double rate) {
    List<Double> crowd = numbers(cells[1]);
    double regions = crowd.size() > 1 ? crowd.get(1) : 1;
    double viewers = crowd.get(0) / regions;
    double messages = number(cells[2]);
    double cores = viewers / viewersOfACore(rate, messages);
    Matcher nodes = SUPERVISE.matcher(cells[3]);
    if (nodes.find()) {
      String spare = nodes.group(3).equals("one") ? "1" : nodes.group(3);
      assertThat(number(nodes.group(1))).as(cells[1]).isEqualTo(Math.ceil(cores / CORES));
      assertThat(number(spare)).as(cells[1]).isEqualTo(Math.ceil(SPARE * cores / CORES));
      if (nodes.group(2) != null) {
        assertThat(number(nodes.group(2))).isEqualTo(CORES * viewersOfACore(rate, messages));
      }
    } else {
      assertThat(cells[3]).contains("1 core");
      assertThat(cores).isEqualTo(1);
    }
    List<Double> egress = numbers(cells[8]);
    double unit = cells[8].contains("Gbit/s") ? 1e9 : 1e6;
    assertThat(egress.get(egress.size() - 1) * unit)
        .as(cells[1])
        .isCloseTo(viewers * messages * BITS, within(1.0));
  }

  @Test
  void whatTheTextComputesIsRight() {
    double rate = after("With ");
    List<Double> regions = numbers(text("1,000 comments/s of 500 B.*?Mbit/s"));
    assertThat(regions.get(0) * regions.get(1) * 4 * 8 / 1e6).isEqualTo(regions.get(2));
    double largest = number(text("5 × 80 Gbit/s").substring(4)) * 1e9;
    assertThat(after("egress is ")).isEqualTo(largest / 8 * 3_600 / 1e12);
    double node = CORES * viewersOfACore(rate, 10);
    assertThat(numbers(text("write [\\d,]+ × 10 × 200 B = \\d+ Mbit/s")))
        .containsExactly(node, 10.0, 200.0, node * 10 * BITS / 1e6);
    double together = numbers(row("deliveries per core where messages leave together")).get(0);
    assertThat(after("at 50 % write up to ")).isEqualTo(CORES * HEADROOM * together * BITS / 1e9);
    double connects = numbers(row("new viewers per second and core")).get(0);
    assertThat(number(text("viewers that come within a minute need \\d+")))
        .isEqualTo(Math.ceil(1e6 / (connects * 60)));
    List<Double> sends = numbers(text("at \\d+ nodes and \\d+ batches per second that is [\\d,]+"));
    assertThat(sends.get(0) * sends.get(1)).isEqualTo(sends.get(2));
    assertThat(number(text("keep \\d+ % of nodes to spare")) / 100).isEqualTo(SPARE);
  }

  private static double viewersOfACore(double rate, double messages) {
    return rate * HEADROOM / messages;
  }

  /** The row's numbers are the lowest and the highest of those, rounded. */
  private void slope(String name, List<Double> measured) {
    List<Double> shown = numbers(row(name));
    assertThat(shown.get(0)).as(name).isCloseTo(measured.get(0), Percentage.withPercentage(8));
    assertThat(shown.get(measured.size() > 1 ? 1 : 0))
        .as(name)
        .isCloseTo(measured.get(measured.size() - 1), Percentage.withPercentage(8));
  }

  /** What a row of the slopes says. */
  private String row(String name) {
    return line(page, "\\| " + Pattern.quote(name) + ".*").split("\\|", -1)[2];
  }

  private double after(String words) {
    return number(text(Pattern.quote(words) + "\\D*[\\d,.]+").substring(words.length()));
  }

  private String text(String pattern) {
    Matcher found = Pattern.compile(pattern, Pattern.DOTALL).matcher(page);
    assertThat(found.find()).as("%s is in the page", pattern).isTrue();
    return found.group();
  }

  private static Stream<Double> column(String page, String row, int column) {
    return page.lines()
        .filter(line -> line.matches(row))
        .map(line -> line.split("\\|", -1)[column])
        .map(cell -> cell.contains("-") ? -number(cell) : number(cell));
  }

  private static double only(String page, String row, int column) {
    return column(page, row, column).reduce((a, b) -> Double.NaN).orElseThrow();
  }

  private static String line(String page, String pattern) {
    return page.lines()
        .filter(line -> line.matches(pattern))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no line like " + pattern));
  }

  private static double number(String text) {
    return numbers(text).get(0);
  }

  private static List<Double> numbers(String text) {
    return NUMBER
        .matcher(text)
        .results()
        .map(found -> Double.valueOf(found.group().replace(",", "")))
        .toList();
  }

  private static String read(String name) {
    try {
      return Files.readString(Path.of("docs", name));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
