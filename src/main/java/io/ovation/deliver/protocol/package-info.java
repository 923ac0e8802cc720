/** The JSON messages between viewers and server. */
@NullMarked
package io.ovation.deliver.protocol;

import org.jspecify.annotations.NullMarked;
