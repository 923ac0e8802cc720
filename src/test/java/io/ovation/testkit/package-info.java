/** What tests share: real servers and nodes as child processes, and clients that count. */
@NullMarked
package io.ovation.testkit;

import org.jspecify.annotations.NullMarked;
