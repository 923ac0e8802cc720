package io.ovation.dispatch;

import java.util.List;

/**
 * @param own the name of this region
 * @param others the regions that get what this one accepts
 */
public record RegionNames(String own, List<String> others) {}
