/** The product as a stranger runs it: processes started from the jar, spoken to over sockets. */
@NullMarked
package io.ovation.e2e;

import org.jspecify.annotations.NullMarked;
