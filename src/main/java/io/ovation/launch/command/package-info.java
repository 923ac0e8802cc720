/** Commands that print something and end: {@code --help}, {@code --version}, {@code config}, … */
@NullMarked
package io.ovation.launch.command;

import org.jspecify.annotations.NullMarked;
