package dev.vsocklab.spi.nio;

import java.nio.channels.SelectionKey;
import java.util.AbstractSet;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Set;

/** A selector's selected keys: its user may remove from the set; only the selector adds. */
final class SelectedKeys extends AbstractSet<SelectionKey> {
  private final Set<SelectionKey> keys = new HashSet<>();

  /** The selector's way in: {@link #add} is refused, as the JDK's set refuses it. */
  void select(SelectionKey key) {
    keys.add(key);
  }

  @Override
  public Iterator<SelectionKey> iterator() {
    return keys.iterator();
  }

  @Override
  public int size() {
    return keys.size();
  }

  @Override
  public boolean contains(Object key) {
    return keys.contains(key);
  }

  @Override
  public boolean remove(Object key) {
    return keys.remove(key);
  }

  @Override
  public void clear() {
    keys.clear();
  }
}
