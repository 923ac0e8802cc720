/**
 * A live-audience server. One comment walks the packages in this order:
 *
 * <pre>
 *   http      one server per event loop; roles register their routes on it
 *   ingress   validate, admit or refuse, give it an id
 *   queue     a durable, partitioned queue: RabbitMQ, or a log on the local disk
 *   dispatch  one owner per partition: offset, history, one message per node that has viewers
 *   supervise the node's streams: registrations, recent events, holes
 *   deliver   connections and rooms, one shard per event loop
 * </pre>
 *
 * Two more things ride the queue: {@code liveness}, which asks an origin which objects are online
 * and tells their streams' viewers, and {@code packages}, any other unit of work.
 *
 * <p>The stages never import one another. They share {@code bus} (what nodes say to each other and
 * the interfaces by which stages meet), {@code queue}, {@code store}, {@code disk}, {@code config},
 * {@code metrics} and {@code http}. Only {@code Node} knows them all. {@code protoc} is the code
 * generator and imports no server code; {@code operate} is what an operator asks of any node.
 */
@NullMarked
package io.ovation;

import org.jspecify.annotations.NullMarked;
