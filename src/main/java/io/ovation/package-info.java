/**
 * A live-audience server. One comment passes through the packages in this order:
 *
 * <pre>
 *   http      one server per event loop, on which roles mount their routes
 *   ingress   validates, admits or refuses, assigns an id
 *   queue     a durable, partitioned queue: RabbitMQ, or a log on the local disk
 *   dispatch  one owner per partition: offset, history, one message per node that has viewers
 *   supervise the node's streams: registrations, recent events, gaps filled from history
 *   deliver   connections and rooms, one shard per event loop
 * </pre>
 *
 * Two more stages use the queue: {@code liveness}, which asks an origin which objects are online
 * and notifies their streams' viewers, and {@code packages}, any other unit of work.
 *
 * <p>Stages never import one another. They share {@code stage} (the interfaces by which stages of
 * one node call each other), {@code wire} (what nodes send each other), {@code cluster}
 * (membership, ownership, registrations), {@code queue}, {@code store}, {@code disk}, {@code http},
 * {@code config}, {@code metrics} and {@code async}. Only {@code node} knows all stages: it wires a
 * node and deploys its roles. {@code launch} is the command line and the process's end, {@code log}
 * sets up logging, {@code operate} serves operators, and {@code protoc} is the code generator,
 * which imports no server code.
 */
@NullMarked
package io.ovation;

import org.jspecify.annotations.NullMarked;
