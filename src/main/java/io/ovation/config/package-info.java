/** The configuration file, its environment overrides, and the typed records made of them. */
@NullMarked
package io.ovation.config;

import org.jspecify.annotations.NullMarked;
