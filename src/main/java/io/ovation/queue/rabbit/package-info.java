/** The queue on RabbitMQ: quorum queues, a confirming publisher and single active consumers. */
@NullMarked
package io.ovation.queue.rabbit;

import org.jspecify.annotations.NullMarked;
