@NullMarked
package io.ovation.trace;

import org.jspecify.annotations.NullMarked;
