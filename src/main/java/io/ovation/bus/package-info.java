/**
 * What nodes say to each other: addresses, codecs, messages, membership, and the interfaces by
 * which stages meet.
 */
@NullMarked
package io.ovation.bus;

import org.jspecify.annotations.NullMarked;
