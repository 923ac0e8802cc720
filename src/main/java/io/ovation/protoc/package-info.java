/** The protoc plugin that turns services into typed queues. Imports no server code. */
@NullMarked
package io.ovation.protoc;

import org.jspecify.annotations.NullMarked;
