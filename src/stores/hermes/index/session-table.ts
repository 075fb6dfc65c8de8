import type { DelegationSource } from '../../../sessions/lineage/delegates.js';
import { Groups } from '../../../sessions/lineage/groups.js';
import { conversationOf, type LineageSource } from '../../../sessions/lineage/lineage.js';
import { Dictionary } from './dictionary.js';
import { changesBetween, statesOf, type SessionChange } from './session-change.js';
import { OwnedLineage } from '../../../sessions/lineage/owned-lineage.js';
import { isSameFact, type SessionFact } from './session-fact.js';
import { compareText, SortedEntries, type Comparison } from './sorted-entries.js';

/** A session row of the index. The object stays the same while its facts change. */
export interface IndexedSession {
  /** With the session's owner, who may stand in another row of its chain. */
  fact: SessionFact;
  /** As the row itself has it. */
  readonly stored: SessionFact;
  /** Number that never belongs to another session id, for maps from messages to sessions. */
  readonly slot: number;
  chain: Chain;
  /** The row by itself, as it is listed where children are included. */
  row: ListEntry;
  /** Whether the row, and the conversation that begins with it, stand in the orders. */
  placed: boolean;
}

/** A compression chain and what a race left beside it; most have one member. */
interface Chain {
  readonly root: IndexedSession;
  readonly members: readonly IndexedSession[];
  /** Sessions from the root to the tip; 0 while it is not worked out. */
  readonly length: number;
  /** Whether all members have ended. */
  readonly isEnded: boolean;
  /** The conversation, where it is listed. */
  readonly entry: ListEntry | undefined;
}

/** One place in a list. Unknown times are -1, since an order cannot compare null. */
export interface ListEntry {
  /** Which session it is: a chain's tip. */
  readonly session: IndexedSession;
  /** Where it began: a chain's root. */
  readonly origin: IndexedSession;
  readonly lastActiveAt: number;
  readonly startedAt: number;
  readonly archived: boolean;
  /** What filters compare, as numbers of {@link SessionTable.texts}: two of the origin, one of the session. */
  readonly platform: number;
  readonly user: number;
  readonly model: number;
}

/** The orders that are kept, both ascending. */
export interface EntryOrders {
  readonly byActivity: SortedEntries<ListEntry>;
  readonly byStart: SortedEntries<ListEntry>;
}

/** How many entries there are: `[not archived, archived]`. */
export type ArchiveCounts = readonly [kept: number, archived: number];

const byStart: Comparison<ListEntry> = (a, b) =>
  a.startedAt - b.startedAt || compareText(a.session.fact.id, b.session.fact.id);

const byActivity: Comparison<ListEntry> = (a, b) => a.lastActiveAt - b.lastActiveAt || byStart(a, b);

/**
 * Facts of every session, the conversations that they make, and the orders in which both are listed.
 * Knows nothing of the file: it is told what changed, and works out what follows.
 */
export class SessionTable implements LineageSource<SessionFact>, DelegationSource<SessionFact> {
  readonly conversations: EntryOrders = emptyOrders();
  readonly rows: EntryOrders = emptyOrders();
  /** Is told of every change to what the table knows, once it is built. */
  onChange: ((changes: readonly SessionChange[]) => void) | undefined;
  /** Numbers of the texts that filters compare. */
  readonly texts = new Dictionary();
  readonly #byId = new Map<string, IndexedSession>();
  readonly #byRowid = new Map<number, IndexedSession>();
  readonly #children = new Groups<IndexedSession>();
  /** The rows by themselves, from which follows whose each session is. */
  readonly #stored: LineageSource<SessionFact> = {
    node: (id) => this.#byId.get(id)?.stored,
    children: (id) => [...this.#children.of(id)].map((session) => session.stored),
  };
  /** Sessions that are marked as delegates, by the session that the marker names. */
  readonly #delegates = new Groups<IndexedSession>();
  readonly #slots: IndexedSession[] = [];
  readonly #retiredSlots = new Map<string, number>();
  #storedMessages = 0;
  #conversationCounts: [number, number] = [0, 0];
  #rowCounts: [number, number] = [0, 0];
  readonly #keptOut = new Set<IndexedSession>();
  readonly #pinned = new Set<IndexedSession>();
  #keptOutCounts: [number, number] = [0, 0];

  get size(): number {
    return this.#byRowid.size;
  }

  /** Messages of all sessions together. */
  get storedMessages(): number {
    return this.#storedMessages;
  }

  get conversationCounts(): ArchiveCounts {
    return this.#conversationCounts;
  }

  get rowCounts(): ArchiveCounts {
    return this.#rowCounts;
  }

  /** Rows that are no entry by themselves: delegates, and all but the tip of a chain. */
  get keptOutCounts(): ArchiveCounts {
    return this.#keptOutCounts;
  }

  /** The rows that {@link keptOutCounts} counts. */
  get keptOut(): Iterable<IndexedSession> {
    return this.#keptOut;
  }

  /** Rows that are pinned: few of many, which every list of Hermes's shows. */
  get pinned(): Iterable<IndexedSession> {
    return this.#pinned;
  }

  /** Slots that were ever given to a session are below this. */
  get slotCount(): number {
    return this.#slots.length;
  }

  get sessions(): Iterable<IndexedSession> {
    return this.#byRowid.values();
  }

  byId(id: string): IndexedSession | undefined {
    return this.#byId.get(id);
  }

  byRowid(rowid: number): IndexedSession | undefined {
    return this.#byRowid.get(rowid);
  }

  bySlot(slot: number): IndexedSession | undefined {
    const session = this.#slots[slot];
    return session?.placed === true ? session : undefined;
  }

  node(id: string): SessionFact | undefined {
    return this.#byId.get(id)?.fact;
  }

  children(id: string): readonly SessionFact[] {
    return [...this.#children.of(id)].map((session) => session.fact);
  }

  workersFor(id: string): readonly SessionFact[] {
    return [...this.#delegates.of(id), ...this.#children.of(id)].map((session) => session.fact);
  }

  /** Takes a session in while the table is being built; {@link arrangeChains} and {@link arrangeOrders} follow. */
  load(fact: SessionFact): IndexedSession {
    const known = this.#byRowid.get(fact.rowid);
    return known ?? this.#insert(fact);
  }

  /** Works out the chains of sessions that were loaded. */
  arrangeChains(sessions: Iterable<IndexedSession>): void {
    for (const session of sessions) if (session.chain.length === 0) this.#formChain(session);
  }

  /** Sorts everything that was loaded, once all chains are worked out. */
  arrangeOrders(): void {
    const rows = [...this.#byRowid.values()];
    const entries = rows.flatMap((session) =>
      session.chain.root === session && session.chain.entry !== undefined ? [session.chain.entry] : [],
    );
    fillOrders(
      this.rows,
      rows.map((session) => session.row),
    );
    fillOrders(this.conversations, entries);
    this.#rowCounts = [0, 0];
    this.#conversationCounts = [0, 0];
    this.#keptOutCounts = [0, 0];
    this.#keptOut.clear();
    this.#pinned.clear();
    for (const session of rows) {
      session.placed = true;
      this.#count(session, 1);
    }
    for (const entry of entries) this.#conversationCounts[entry.archived ? 1 : 0]++;
  }

  /**
   * Applies what was read anew: `facts` of sessions that exist, `gone` rowids of those that do not.
   * @returns whether anything differed.
   */
  apply(facts: readonly SessionFact[], gone: Iterable<number> = []): boolean {
    const changed = facts.filter((fact) => !this.#isKnown(fact));
    const removed = [...gone].flatMap((rowid) => this.#byRowid.get(rowid) ?? []);
    if (changed.length === 0 && removed.length === 0) return false;
    const affected = new Set<IndexedSession>();
    const replaced = changed.flatMap((fact) => this.#displaced(fact));
    for (const session of [...removed, ...replaced]) this.#collectRelatives(session, affected);
    for (const session of affected) this.#unlist(session);
    for (const session of removed) this.#delete(session);
    for (const fact of changed) this.#collectRelatives(this.#replace(fact), affected);
    for (const session of affected) this.#unlist(session);
    const before = this.onChange === undefined ? undefined : statesOf(affected);
    const alive = [...affected].filter((session) => this.#byId.get(session.fact.id) === session);
    for (const session of alive) session.chain = unformed(session);
    for (const session of alive) if (session.chain.length === 0) this.#formChain(session);
    for (const session of alive) this.#list(session);
    if (before !== undefined) this.onChange?.(changesBetween(before, statesOf(alive)));
    return true;
  }

  #isKnown(fact: SessionFact): boolean {
    const known = this.#byRowid.get(fact.rowid);
    return known !== undefined && isSameFact(known.stored, fact);
  }

  /** Sessions whose place a new reading takes: the same row, and another row with the same id. */
  #displaced(fact: SessionFact): readonly IndexedSession[] {
    return [this.#byRowid.get(fact.rowid), this.#byId.get(fact.id)].filter(
      (session) => session !== undefined,
    );
  }

  #replace(fact: SessionFact): IndexedSession {
    for (const session of this.#displaced(fact)) this.#delete(session);
    return this.#insert(fact);
  }

  #insert(fact: SessionFact): IndexedSession {
    const slot = this.#retiredSlots.get(fact.id) ?? this.#slots.length;
    const session = newSession(fact, slot, this.texts);
    this.#retiredSlots.delete(fact.id);
    this.#slots[slot] = session;
    this.#byId.set(fact.id, session);
    this.#byRowid.set(fact.rowid, session);
    this.#storedMessages += fact.storedMessages;
    this.#children.add(fact.parentId, session);
    this.#delegates.add(fact.delegateFrom, session);
    return session;
  }

  #delete(session: IndexedSession): void {
    const { id, rowid, parentId, delegateFrom, storedMessages } = session.fact;
    if (this.#byId.get(id) !== session) return;
    this.#storedMessages -= storedMessages;
    this.#byId.delete(id);
    this.#byRowid.delete(rowid);
    this.#retiredSlots.set(id, session.slot);
    this.#children.delete(parentId, session);
    this.#delegates.delete(delegateFrom, session);
  }

  /** A session, the members of its chain, and its children with theirs, whose kind depends on it. */
  #collectRelatives(session: IndexedSession, into: Set<IndexedSession>): void {
    into.add(session);
    for (const member of session.chain.members) into.add(member);
    const parent = session.fact.parentId === null ? undefined : this.#byId.get(session.fact.parentId);
    for (const member of parent?.chain.members ?? []) into.add(member);
    for (const child of this.#children.of(session.fact.id)) {
      into.add(child);
      for (const member of child.chain.members) into.add(member);
    }
  }

  #formChain(session: IndexedSession): void {
    const owned = new OwnedLineage(this.#stored);
    const conversation = conversationOf(owned, owned.node(session.stored.id) ?? session.stored);
    for (const fact of conversation.members) this.#own(fact);
    const root = this.#byId.get(conversation.root.id) ?? session;
    const tip = this.#byId.get(conversation.tip.id) ?? root;
    const members = conversation.members.flatMap(({ id }) => this.#byId.get(id) ?? []);
    const { length, isEnded, lastActiveAt } = conversation;
    const entry = conversation.isListed ? this.#entryOf(tip, root, lastActiveAt ?? -1) : undefined;
    const chain: Chain = { root, members, length, isEnded, entry };
    for (const member of members) member.chain = chain;
  }

  /** Remembers whose a session is. */
  #own(fact: SessionFact): void {
    const session = this.#byId.get(fact.id);
    if (session === undefined || session.fact === fact) return;
    session.fact = fact;
    session.row = toEntry(session, session, fact.lastActiveAt ?? -1, this.texts);
  }

  #entryOf(tip: IndexedSession, root: IndexedSession, lastActiveAt: number): ListEntry {
    // Nearly all conversations are one session, whose row says the same.
    const isRow = tip === root && lastActiveAt === root.row.lastActiveAt;
    return isRow ? root.row : toEntry(tip, root, lastActiveAt, this.texts);
  }

  /** Takes a session's row, and the conversation that it is the root of, out of the orders. */
  #unlist(session: IndexedSession): void {
    if (!session.placed) return;
    session.placed = false;
    removeFrom(this.rows, session.row);
    this.#count(session, -1);
    const { entry, root } = session.chain;
    if (entry === undefined || root !== session) return;
    removeFrom(this.conversations, entry);
    this.#conversationCounts[entry.archived ? 1 : 0]--;
  }

  #list(session: IndexedSession): void {
    if (session.placed) return;
    session.placed = true;
    addTo(this.rows, session.row);
    this.#count(session, 1);
    const { entry, root } = session.chain;
    if (entry === undefined || root !== session) return;
    addTo(this.conversations, entry);
    this.#conversationCounts[entry.archived ? 1 : 0]++;
  }

  #count(session: IndexedSession, step: 1 | -1): void {
    const side = session.row.archived ? 1 : 0;
    this.#rowCounts[side] += step;
    if (step === 1 && session.fact.pinned) this.#pinned.add(session);
    else this.#pinned.delete(session);
    if (isEntry(session)) return;
    this.#keptOutCounts[side] += step;
    if (step === 1) this.#keptOut.add(session);
    else this.#keptOut.delete(session);
  }
}

/** Whether a row is the entry of its conversation. */
export function isEntry(session: IndexedSession): boolean {
  return session.chain.entry?.session === session;
}

function newSession(fact: SessionFact, slot: number, texts: Dictionary): IndexedSession {
  // A session, its row and its chain refer to each other, so one of them has to come first.
  const session = { fact, stored: fact, slot, placed: false } as IndexedSession;
  session.row = toEntry(session, session, fact.lastActiveAt ?? -1, texts);
  session.chain = unformed(session);
  return session;
}

function unformed(session: IndexedSession): Chain {
  return { root: session, members: [], length: 0, isEnded: false, entry: undefined };
}

function toEntry(
  session: IndexedSession,
  origin: IndexedSession,
  lastActiveAt: number,
  texts: Dictionary,
): ListEntry {
  const { startedAt, archived, source, userId } = origin.fact;
  return {
    session,
    origin,
    lastActiveAt,
    startedAt: startedAt ?? -1,
    archived,
    platform: texts.code(source),
    user: texts.code(userId),
    model: texts.code(session.fact.model),
  };
}

function emptyOrders(): EntryOrders {
  return { byActivity: new SortedEntries(byActivity), byStart: new SortedEntries(byStart) };
}

function fillOrders(orders: EntryOrders, entries: readonly ListEntry[]): void {
  orders.byActivity.fill(entries);
  orders.byStart.fill(entries);
}

function addTo(orders: EntryOrders, entry: ListEntry): void {
  orders.byActivity.add(entry);
  orders.byStart.add(entry);
}

function removeFrom(orders: EntryOrders, entry: ListEntry): void {
  orders.byActivity.remove(entry);
  orders.byStart.remove(entry);
}
