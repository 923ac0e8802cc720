/** When connections are admitted, checked for life, and ended. */
@NullMarked
package io.ovation.deliver.lifecycle;

import org.jspecify.annotations.NullMarked;
