package io.ovation.dispatch.comments;

import com.google.protobuf.Message;
import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.CommentsQueue;
import io.ovation.live.proto.ForwardedEvent;
import io.ovation.live.proto.StreamEvent;
import io.ovation.queue.proto.QueueItem;
import io.ovation.store.Store.Append;
import io.ovation.store.Store.Appended;
import io.ovation.store.Store.Kept;
import io.ovation.store.Store.Origin;
import io.ovation.wire.EventJson;
import io.ovation.wire.proto.Event;
import org.jspecify.annotations.Nullable;

/**
 * A comment, or another event of a stream, between the queue and the nodes. It has an offset once
 * its batch is released.
 */
public final class PendingEvent {
  private final Message item;
  private final String stream;
  private final byte[] body;

  /** Everything but the offset and the JSON. */
  private final Event content;

  private final boolean hidden;

  /** Null for what this region accepted. */
  private final @Nullable Origin origin;

  private long proposed;
  private long offset;
  private long ownPrevious;
  private boolean afterHole;
  private long previous;
  private boolean known;
  private boolean deleted;
  private boolean sent;

  /** Where it is in its trace; empty if it is not traced. */
  private String traceparent = "";

  PendingEvent(CommentRequest comment) {
    this(
        comment,
        comment.getStream(),
        CommentJson.body(comment),
        content(comment).setUser(comment.getUser()).setId(comment.getId()).build());
  }

  PendingEvent(StreamEvent event) {
    this(
        event,
        event.getStream(),
        StreamEventJson.body(event),
        Event.newBuilder()
            .setId(event.getId())
            .setModerators(StreamEventJson.forModerators(event))
            .setEffect(StreamEventJson.effect(event))
            .build());
  }

  /** The same as another region accepted it. */
  PendingEvent from(Origin there) {
    return new PendingEvent(
        item,
        stream,
        EventJson.withRegion(body, there.region()),
        content.toBuilder().setRegion(there.region()).setRegionOffset(there.offset()).build(),
        there);
  }

  /**
   * An event that another region accepted and that is not shown here. What follows it must not look
   * like what follows a loss.
   */
  static PendingEvent absent(String stream, Origin there) {
    return new PendingEvent(
        CommentRequest.getDefaultInstance(),
        stream,
        new byte[0],
        Event.getDefaultInstance(),
        there);
  }

  private PendingEvent(Message item, String stream, byte[] body, Event content) {
    this(item, stream, body, content, null);
  }

  private PendingEvent(
      Message item, String stream, byte[] body, Event content, @Nullable Origin origin) {
    this.item = item;
    this.stream = stream;
    this.body = body;
    this.content = content;
    this.hidden = EffectMapper.hidden(content);
    this.origin = origin;
  }

  PendingEvent traced(String traceparent) {
    this.traceparent = traceparent;
    return this;
  }

  String traceparent() {
    return traceparent;
  }

  private static Event.Builder content(CommentRequest comment) {
    Event.Builder content = Event.newBuilder().setAcceptedMs(comment.getAtMs());
    if (comment.getOnlyAuthor()) {
      content.setOnlyUser(comment.getUser());
    }
    if (comment.getApproved()) {
      content.setEffect(StreamEventJson.unpinHeld(comment.getUser(), comment.getId()));
    }
    return content;
  }

  /** The queue's item: a {@link CommentRequest} or a {@link StreamEvent}. */
  public Message item() {
    return item;
  }

  /** Whether not all viewers may read it; other regions never get it. */
  public boolean hidden() {
    return hidden;
  }

  public String stream() {
    return stream;
  }

  /** When ingress accepted it, in milliseconds since 1970; 0 if that is not known. */
  long acceptedMs() {
    return content.getAcceptedMs();
  }

  /** What makes it unique among recent comments; a stream's name cannot contain a NUL. */
  String identity() {
    return identity(stream, content.getUser(), content.getId(), origin);
  }

  static String identity(Append event) {
    return identity(event.stream(), event.user(), event.id(), event.origin());
  }

  public static String identity(String stream, Event event) {
    return identity(stream, event.getUser(), event.getId(), EffectMapper.origin(event));
  }

  /** Of an event of this region. */
  public static String identity(String stream, Kept event) {
    return identity(stream, event.user(), event.id(), null);
  }

  private static String identity(String stream, String user, String id, @Nullable Origin origin) {
    return origin == null
        ? stream + '\0' + user + '\0' + id
        : stream + "\0\0" + origin.region() + '\0' + origin.offset();
  }

  /** Null for what this region accepted. */
  public @Nullable Origin origin() {
    return origin;
  }

  /** Whether another region accepted it. */
  public boolean arrived() {
    return origin != null;
  }

  /** Whether it stands for an event of another region that is not shown here. */
  public boolean absent() {
    return origin != null && body.length == 0;
  }

  /** What goes to other regions: of a deleted comment only where it stood. */
  ForwardedEvent forwarded() {
    ForwardedEvent.Builder event =
        ForwardedEvent.newBuilder().setStream(stream).setOffset(offset).setPrevious(ownPrevious);
    if (deleted) {
      return event.build();
    }
    return event
        .setTraceparent(traceparent)
        .setItem(
            QueueItem.newBuilder()
                .setService(CommentsQueue.contract().service())
                .setMethod(item instanceof StreamEvent ? "Publish" : "Comment")
                .setPayload(item.toByteString())
                .build()
                .toByteString())
        .build();
  }

  /** Whether other regions get it, or where it stood. */
  boolean own() {
    return origin == null && !hidden && !(deleted && offset == 0);
  }

  /** The offset of this region before it in its stream; 0 if it is not known. */
  long ownPrevious() {
    return ownPrevious;
  }

  /** Whether events of its region were lost before it: a gap ends at {@link #previous}. */
  public boolean afterHole() {
    return afterHole;
  }

  public long offset() {
    return offset;
  }

  /** The offset before it in its stream, as the store knows it; 0 if the store was not asked. */
  public long previous() {
    return previous;
  }

  /** Whether it had been appended before. */
  public boolean known() {
    return known;
  }

  /** Whether it was deleted before it could be sent, and must not be. */
  public boolean deleted() {
    return deleted;
  }

  /** Whether this owner sent it under this offset. False for a duplicate. */
  boolean sent() {
    return sent;
  }

  public void markSent() {
    sent = true;
  }

  public void appended(Appended answer) {
    offset = answer.offset();
    previous = answer.previous();
    known = answer.known();
    deleted = answer.deleted();
    ownPrevious = answer.ownPrevious();
    afterHole = answer.afterHole();
  }

  /** The offset that the store is asked for; 0 for none. */
  long proposed() {
    return proposed;
  }

  void propose(long wanted) {
    proposed = wanted;
  }

  /**
   * The store did not answer.
   *
   * @param before as {@link #previous}
   */
  void assign(long assigned, long before) {
    offset = assigned;
    previous = before;
  }

  void assignOwnPrevious(long before) {
    ownPrevious = before;
  }

  /** The store was not asked, and events before it are missing. */
  void assignHole(long hole) {
    previous = hole;
    afterHole = true;
  }

  /** To be appended at the proposed offset, unless the store's clock or history is elsewhere. */
  Append append() {
    return append(proposed, false);
  }

  /** To be appended after viewers have received it. */
  Append delivered() {
    return append(offset, true);
  }

  private Append append(long at, boolean delivered) {
    return new Append(
        stream,
        content.getUser(),
        content.getId(),
        at,
        body,
        delivered,
        hidden,
        EffectMapper.of(content.getEffect()),
        origin);
  }

  public Event event() {
    return EventJson.complete(content, body, offset);
  }
}
