/** One user, one stream: which user watches which stream on which connection. */
@NullMarked
package io.ovation.supervise.watch;

import org.jspecify.annotations.NullMarked;
