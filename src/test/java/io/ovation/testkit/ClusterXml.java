package io.ovation.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One node's {@code cluster.xml}: the shipped file with a port of its own and the other nodes'
 * addresses, as an operator edits it. Nothing else differs, so that the shipped settings are
 * tested.
 *
 * @param host this node's address
 * @param port this node's
 * @param members every node's address and port, this one's too
 */
public record ClusterXml(String host, int port, List<String> members) {
  private static final Path SHIPPED = Path.of("cluster.xml");
  private static final Pattern PORT = Pattern.compile("<port\\b[^>]*>[^<]*</port>");
  private static final Pattern INTERFACE =
      Pattern.compile(
          "(<interfaces\\b[^>]*enabled=\"true\"[^>]*>).*?(</interfaces>)", Pattern.DOTALL);
  private static final Pattern MEMBERS =
      Pattern.compile("(<tcp-ip\\b[^>]*enabled=\"true\"[^>]*>).*?(</tcp-ip>)", Pattern.DOTALL);

  /** The files of a cluster of {@code size} nodes on 127.0.0.1. */
  public static List<ClusterXml> of(int size) {
    return of(Collections.nCopies(size, "127.0.0.1"));
  }

  /** The files of a cluster with a node at each of these addresses. */
  public static List<ClusterXml> of(List<String> hosts) {
    List<Integer> ports = hosts.stream().map(host -> Ports.free()).toList();
    List<String> members = new ArrayList<>();
    for (int i = 0; i < hosts.size(); i++) {
      members.add(hosts.get(i) + ":" + ports.get(i));
    }
    List<ClusterXml> files = new ArrayList<>();
    for (int i = 0; i < hosts.size(); i++) {
      files.add(new ClusterXml(hosts.get(i), ports.get(i), members));
    }
    return files;
  }

  public String text() {
    StringBuilder list = new StringBuilder("<member-list>");
    members.forEach(member -> list.append("<member>").append(member).append("</member>"));
    list.append("</member-list>");
    String xml = shipped();
    xml = replace(PORT, xml, "<port auto-increment=\"false\">" + port + "</port>");
    xml = replace(INTERFACE, xml, "$1<interface>" + host + "</interface>$2");
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
