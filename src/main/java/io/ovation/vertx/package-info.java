/**
 * The only package that uses Vert.x internals or changes Vert.x's Netty pipelines, so that a new
 * version of Vert.x is a change in one place.
 */
@NullMarked
package io.ovation.vertx;

import org.jspecify.annotations.NullMarked;
