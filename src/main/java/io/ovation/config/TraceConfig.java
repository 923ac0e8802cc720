package io.ovation.config;

import io.ovation.config.ValueRule.Matches;
import io.ovation.config.ValueRule.Range;

/**
 * Distributed traces.
 *
 * @param oneIn of how many requests without a trace of their own one begins one
 * @param queue how many spans wait for the exporter
 */
public record TraceConfig(
    @Matches(
            value = "|https?://[A-Za-z0-9.:\\[\\]-]+(/\\S*)?",
            expected =
                "the address of a collector, as in http://localhost:4318/v1/traces, or empty")
        String endpoint,
    @Matches(value = "|\\S{1,4096}", expected = "a token without blanks, or empty") String token,
    @Range(min = "1", max = "10000000") int oneIn,
    @Range(min = "1", max = "100000") int perSecond,
    @Range(min = "512", max = "100000") int queue,
    @Matches(value = ".*", expected = "the path of a file, or empty") String file,
    @Range(min = "1MiB", max = "100GiB") long fileLimit) {

  public boolean used() {
    return !endpoint.isEmpty() || !file.isEmpty();
  }

  /** Without the token: records end up in logs. */
  @Override
  public String toString() {
    return "Trace[endpoint=" + endpoint + ", file=" + file + "]";
  }
}
