/** Error answers, as RFC 9457 problems. */
@NullMarked
package io.ovation.http.problem;

import org.jspecify.annotations.NullMarked;
