/** Who a caller is, and what it may do: tokens, their claims, and the check that routes ask for. */
@NullMarked
package io.ovation.auth;

import org.jspecify.annotations.NullMarked;
