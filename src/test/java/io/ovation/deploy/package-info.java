/** Tests of the files in {@code deploy/}, as far as they can be checked without their engines. */
@NullMarked
package io.ovation.deploy;

import org.jspecify.annotations.NullMarked;
