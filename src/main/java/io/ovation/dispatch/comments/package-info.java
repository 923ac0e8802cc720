/** One partition's comments, from the queue to history and to the nodes with viewers. */
@NullMarked
package io.ovation.dispatch.comments;

import org.jspecify.annotations.NullMarked;
