/**
 * What keeps a chat decent: bans, settings of streams, the word list, held comments, deletions and
 * the audit log. Used by ingress, dispatch and supervise.
 */
@NullMarked
package io.ovation.moderation;

import org.jspecify.annotations.NullMarked;
