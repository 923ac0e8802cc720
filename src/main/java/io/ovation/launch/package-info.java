/** The command line, the process's exit codes and signals, and Hazelcast's configuration file. */
@NullMarked
package io.ovation.launch;

import org.jspecify.annotations.NullMarked;
