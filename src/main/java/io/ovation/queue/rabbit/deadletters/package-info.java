/** Dead letters on RabbitMQ: list, read, requeue, delete. */
@NullMarked
package io.ovation.queue.rabbit.deadletters;

import org.jspecify.annotations.NullMarked;
