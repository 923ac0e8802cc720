/** Wires a node: opens its back ends, deploys its roles, and stops them in reverse order. */
@NullMarked
package io.ovation.node;

import org.jspecify.annotations.NullMarked;
