/** Processes packages by posting them to a URL. */
@NullMarked
package io.ovation.packages.webhook;

import org.jspecify.annotations.NullMarked;
