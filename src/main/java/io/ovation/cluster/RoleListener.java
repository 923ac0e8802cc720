package io.ovation.cluster;

import com.hazelcast.core.EntryAdapter;
import com.hazelcast.core.EntryEvent;

/** Any change of a role is one and the same: members are read anew. */
final class RoleListener extends EntryAdapter<String, String> {
  private final Runnable listener;

  RoleListener(Runnable listener) {
    this.listener = listener;
  }

  @Override
  public void onEntryEvent(EntryEvent<String, String> event) {
    listener.run();
  }
}
