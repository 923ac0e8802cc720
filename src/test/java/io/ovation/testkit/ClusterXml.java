package io.ovation.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One node's {@code cluster.xml}: the shipped file with a port of its own and the other nodes'
 * addresses, as an operator edits it. Nothing else differs, so that the shipped settings are
 * tested.
 *
 * @param port this node's
 * @param members every node's, this one's too
 */
public record ClusterXml(int port, List<Integer> members) {
  private static final Path SHIPPED = Path.of("cluster.xml");
  private static final Pattern PORT = Pattern.compile("<port\\b[^>]*>[^<]*</port>");
  private static final Pattern MEMBERS =
      Pattern.compile("(<tcp-ip\\b[^>]*enabled=\"true\"[^>]*>).*?(</tcp-ip>)", Pattern.DOTALL);

  /** The files of a cluster of {@code size} nodes. */
  public static List<ClusterXml> of(int size) {
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      ports.add(Ports.free());
    }
    return ports.stream().map(port -> new ClusterXml(port, List.copyOf(ports))).toList();
  }

  public String text() {
    StringBuilder list = new StringBuilder("<member-list>");
    members.forEach(p -> list.append("<member>127.0.0.1:").append(p).append("</member>"));
    list.append("</member-list>");
    String xml = shipped();
    xml = replace(PORT, xml, "<port auto-increment=\"false\">" + port + "</port>");
    return replace(MEMBERS, xml, "$1" + list + "$2");
  }

  private static String replace(Pattern pattern, String xml, String by) {
    Matcher matcher = pattern.matcher(xml);
    if (!matcher.find()) {
      throw new AssertionError("cluster.xml has no " + pattern);
    }
    return matcher.replaceFirst(by);
  }

  private static String shipped() {
    try {
      return Files.readString(SHIPPED);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
