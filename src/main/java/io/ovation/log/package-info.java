/** What the process writes to its standard output: text for people, or JSON for collectors. */
@NullMarked
package io.ovation.log;

import org.jspecify.annotations.NullMarked;
