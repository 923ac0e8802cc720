/** HTTP routes for operators: metrics, partitions, dead letters. Depends on no stage. */
@NullMarked
package io.ovation.operate;

import org.jspecify.annotations.NullMarked;
