package io.ovation.bench.fanout;

import io.ovation.testkit.CrowdProtocol;
import io.ovation.testkit.OpenLoop;
import java.util.List;
import java.util.function.Function;

/**
 * A server under load.
 *
 * @param viewers how viewers of these streams speak to it
 * @param posts how comments are posted to a stream, by its name
 * @param ports viewers go round them; posts go to the first
 */
record Target(
    String name,
    List<Integer> ports,
    Function<String[], CrowdProtocol> viewers,
    Function<String[], OpenLoop.Script> posts,
    List<Proc> procs)
    implements AutoCloseable {

  double cpuSeconds() {
    return procs.stream().mapToDouble(Proc::cpuSeconds).sum();
  }

  int port() {
    return ports.get(0);
  }

  int[] allPorts() {
    return ports.stream().mapToInt(Integer::intValue).toArray();
  }

  Proc proc() {
    return procs.get(0);
  }

  Target with(Function<String[], CrowdProtocol> others) {
    return new Target(name, ports, others, posts, procs);
  }

  @Override
  public void close() {
    procs.forEach(Proc::close);
  }
}
