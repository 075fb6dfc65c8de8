/** A message of a {@link HistoryModel}. */
interface ModelMessage {
  readonly id: number;
  readonly role: string;
  readonly content: string;
  readonly at: number;
  active: boolean;
}

/** A session of a {@link HistoryModel}. Times are epoch seconds. */
export interface ModelSession {
  readonly id: string;
  readonly source: string;
  readonly marker: '_delegate_from' | '_branched_from' | '_reset_from' | null;
  /** The id in the marker. */
  readonly markedFrom: string | null;
  readonly startedAt: number;
  parent: string | null;
  endedAt: number | null;
  endReason: string | null;
  title: string | null;
  archived: boolean;
  pinned: boolean;
  messages: ModelMessage[];
}

/** The modelled fields of a list entry. */
export interface ModelEntry {
  readonly id: string;
  readonly title: string | null;
  readonly root_session_id: string;
  readonly chain_length: number;
  readonly turn_count: number;
  readonly archived: boolean;
  readonly pinned: boolean;
  readonly last_active_at: string;
  readonly preview: string;
}

/**
 * A reference model of a history and its rules, written as simply as possible and independently of the server: everything is recomputed from all
 * sessions on each call.
 */
export class HistoryModel {
  readonly sessions = new Map<string, ModelSession>();

  get(id: string): ModelSession {
    const session = this.sessions.get(id);
    if (session === undefined) throw new Error(`the model has no ${id}`);
    return session;
  }

  children(id: string): readonly ModelSession[] {
    return [...this.sessions.values()].filter(({ parent }) => parent === id);
  }

  /** The sessions that continue this one after a compression; a race can leave several. */
  continuations(id: string): readonly ModelSession[] {
    return this.children(id).filter((child) => this.isContinuation(child));
  }

  isContinuation(session: ModelSession): boolean {
    const { parent, source } = session;
    if (parent === null || isMarked(session) || source === 'tool') return false;
    return this.sessions.get(parent)?.endReason === 'compression';
  }

  rootOf(session: ModelSession): ModelSession {
    let root = session;
    while (this.isContinuation(root) && root.parent !== null) root = this.get(root.parent);
    return root;
  }

  /** The sessions of a conversation from its root to its tip, found within a thousand steps. */
  chain(root: ModelSession): readonly ModelSession[] {
    const chain = [root];
    while (chain.length <= 1000) {
      const rivals = [...this.continuations((chain.at(-1) ?? root).id)];
      rivals.sort(
        (a, b) =>
          standing(a) - standing(b) ||
          lastActive(b) - lastActive(a) ||
          b.startedAt - a.startedAt ||
          (a.id < b.id ? 1 : -1),
      );
      const next = rivals[0];
      if (next === undefined) break;
      chain.push(next);
    }
    return chain;
  }

  /** All sessions of a conversation, including rival continuations. */
  family(root: ModelSession): readonly ModelSession[] {
    return [root, ...this.continuations(root.id).flatMap((child) => this.family(child))];
  }

  /** The delegates that are deleted together with some sessions. */
  delegates(ids: readonly string[]): readonly ModelSession[] {
    const gone = new Set(ids);
    for (const id of gone) {
      for (const other of this.sessions.values()) {
        if (other.marker === '_delegate_from' && (other.markedFrom === id || other.parent === id))
          gone.add(other.id);
      }
    }
    return [...gone].filter((id) => !ids.includes(id)).map((id) => this.get(id));
  }

  /**
   * Sessions that a clean-up deletes, of conversations that began on some platforms. A conversation is deleted with its delegates if all of these
   * sessions are old, ended and not pinned.
   */
  old(before: number, platforms: readonly string[]): readonly ModelSession[] {
    const isOver = (session: ModelSession): boolean =>
      session.endedAt !== null && !session.pinned && lastActive(session) < before;
    return [...this.sessions.values()]
      .filter((session) => this.#beginsConversation(session) && platforms.includes(session.source))
      .map((root) => this.family(root))
      .map((family) => [...family, ...this.delegates(family.map(({ id }) => id))])
      .filter((all) => all.every(isOver))
      .flat();
  }

  /** The default list, newest activity first. */
  list(): readonly ModelEntry[] {
    return [...this.sessions.values()]
      .filter((session) => this.#beginsConversation(session) && !session.archived)
      .map((root) => ({ root, chain: this.chain(root) }))
      .map(({ root, chain }) => ({ root, entry: this.#toEntry(root, chain) }))
      .sort(
        (a, b) =>
          compare(b.entry.last_active_at, a.entry.last_active_at) ||
          b.root.startedAt - a.root.startedAt ||
          compare(b.entry.id, a.entry.id),
      )
      .map(({ entry }) => entry);
  }

  /** The entries of {@link list} with the word in the title or in a message of any member. */
  found(word: string): ReadonlySet<string> {
    const has = (session: ModelSession): boolean =>
      (session.title ?? '').toLowerCase().includes(word) ||
      session.messages.some(({ active, content }) => active && content.split(' ').includes(word));
    const listed = new Map(this.list().map((entry) => [entry.root_session_id, entry.id]));
    // Rival continuations belong to the conversation, although they are not on the way to its tip.
    const found = [...this.sessions.values()]
      .filter(has)
      .map((session) => listed.get(this.rootOf(session).id));
    return new Set(found.filter((id) => id !== undefined));
  }

  /** Renames like a user. @returns false if another conversation has the title. */
  rename(session: ModelSession, title: string | null): boolean {
    const holder = [...this.sessions.values()].find((other) => other !== session && other.title === title);
    if (title !== null && holder !== undefined) {
      if (!this.#ancestors(session).includes(holder)) return false;
      holder.title = null;
    }
    session.title = title;
    return true;
  }

  /** Sets a flag on a whole conversation. */
  flag(session: ModelSession, flag: 'archived' | 'pinned', value: boolean): void {
    for (const member of this.family(this.rootOf(session))) member[flag] = value;
  }

  /** Deletes a session with its delegates. @returns the ids of all deleted sessions. */
  delete(session: ModelSession): readonly string[] {
    const gone = [session, ...this.delegates([session.id])].map(({ id }) => id);
    this.remove(gone);
    return gone;
  }

  /** Removes sessions; their remaining children become roots. */
  remove(ids: readonly string[]): void {
    for (const id of ids) this.sessions.delete(id);
    for (const other of this.sessions.values()) {
      if (other.parent !== null && ids.includes(other.parent)) other.parent = null;
    }
  }

  #ancestors(session: ModelSession): readonly ModelSession[] {
    if (!this.isContinuation(session) || session.parent === null) return [];
    const parent = this.get(session.parent);
    return [parent, ...this.#ancestors(parent)];
  }

  #beginsConversation(session: ModelSession): boolean {
    if (session.parent === null) return session.marker !== '_delegate_from';
    return isMarked(session) && session.marker !== '_delegate_from';
  }

  #toEntry(root: ModelSession, chain: readonly ModelSession[]): ModelEntry {
    const tip = chain.at(-1) ?? root;
    const first = tip.messages.find(({ role }) => role === 'user')?.content ?? '';
    return {
      id: tip.id,
      title: tip.title ?? root.title,
      root_session_id: root.id,
      chain_length: chain.length,
      turn_count: tip.messages.filter(({ role, active }) => role === 'user' && active).length,
      archived: root.archived,
      pinned: root.pinned,
      last_active_at: new Date(Math.max(...this.family(root).map(lastActive)) * 1000).toISOString(),
      preview: first,
    };
  }
}

/** A marker counts only if it names the parent: a continuation inherits the marker of the session that it continues. */
function isMarked({ marker, markedFrom, parent }: ModelSession): boolean {
  return marker !== null && markedFrom === parent;
}

function standing({ endReason, endedAt }: ModelSession): number {
  if (endReason === 'compression') return 0;
  return endedAt === null ? 1 : 2;
}

function lastActive({ messages, startedAt }: ModelSession): number {
  return messages.length === 0 ? startedAt : Math.max(...messages.map(({ at }) => at));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
