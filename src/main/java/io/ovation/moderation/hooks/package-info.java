/** The broadcaster's own URLs that decide on watches and comments. */
@NullMarked
package io.ovation.moderation.hooks;

import org.jspecify.annotations.NullMarked;
