/** Who a client is by its address, and how often a user or an address may act. */
@NullMarked
package io.ovation.http.limits;

import org.jspecify.annotations.NullMarked;
