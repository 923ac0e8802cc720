/** The way in: validate, admit or refuse, enqueue. */
@NullMarked
package io.ovation.ingress;

import org.jspecify.annotations.NullMarked;
