/** What the operator of a node asks of it by HTTP: its dead letters. Knows no stage. */
@NullMarked
package io.ovation.operate;

import org.jspecify.annotations.NullMarked;
