/** HTTP routes for operators: dead letters. Depends on no stage. */
@NullMarked
package io.ovation.operate;

import org.jspecify.annotations.NullMarked;
