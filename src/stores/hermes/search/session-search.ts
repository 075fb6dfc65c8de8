import type { SessionMatch } from '../../../domain/session.js';
import type { HermesConnection } from '../file/hermes-connection.js';
import type { IndexView, SessionIndex } from '../index/session-index.js';
import { isEntry, type IndexedSession, type ListEntry, type SessionTable } from '../index/session-table.js';
import type { SearchMatches } from '../listing/session-listing.js';
import type { EntryHit } from './excerpts.js';
import type { SearchFindings } from './history-search.js';
import type { IndexSupplements } from './index-supplements.js';
import type { SearchThreads } from './search-threads.js';

/** Added to the score of an entry whose title matches: whoever types a title looks for that conversation. */
const TITLE_SCORE = 1000;

/** What is searched for. */
export interface SoughtText {
  readonly text: string;
  /** Whether hits are ranked. */
  readonly ranked: boolean;
  /** The platforms of which sessions are wanted; undefined for all. */
  readonly platforms: readonly string[] | undefined;
  /** Who asks. */
  readonly caller: string | undefined;
}

/** Search as the server's own thread sees it. */
export class SessionSearch {
  constructor(
    private readonly threads: SearchThreads,
    private readonly index: SessionIndex,
    private readonly connection: HermesConnection,
    private readonly supplements: IndexSupplements,
  ) {}

  /**
   * Finds messages and titles.
   * @returns undefined where there is nothing to search for.
   * @throws {DomainError} `search_timeout`, `search_busy`
   */
  async find({ text, ranked, platforms, caller }: SoughtText): Promise<FoundHits | undefined> {
    const { table, owners } = await this.index.snapshot((view) => ({
      table: view.table,
      owners: view.owners.blocks,
    }));
    const supplement = await this.supplements.current();
    const { gate, location } = this.connection;
    const { timeLimit } = this.threads;
    const findings = await this.threads.run<'find'>(
      { kind: 'find', gate, path: location.stateDb, text, ranked, platforms, owners, supplement, timeLimit },
      caller,
    );
    if (findings !== undefined) this.supplements.follow(findings.newMessages);
    return findings === undefined ? undefined : new FoundHits(findings, table);
  }

  /** These messages with the text around the hits, by id; what is no hit any more, or of another session, is left out. */
  async excerpts(
    text: string,
    hits: readonly EntryHit[],
    caller?: string,
  ): Promise<ReadonlyMap<number, SessionMatch>> {
    if (hits.length === 0) return new Map();
    const { gate, location } = this.connection;
    return this.threads.run<'excerpts'>(
      { kind: 'excerpts', gate, path: location.stateDb, text, hits },
      caller,
    );
  }
}

/** What the threads found, before it is known which entries it belongs to. */
export class FoundHits {
  /** @param table the index whose numbers of sessions the findings have; those of another mean other sessions. */
  constructor(
    private readonly findings: SearchFindings,
    private readonly table: SessionTable,
  ) {}

  /** Whether hits may be missing because a search index is not complete. */
  get incomplete(): boolean {
    return this.findings.incomplete;
  }

  /** Whether they are of this index, rather than of one that was built before it. */
  areOf({ table }: IndexView): boolean {
    return table === this.table;
  }

  /** What was found at a moment of the index that they are of. */
  matches(includeChildren: boolean): SearchMatches {
    return new TableMatches(this.findings, this.table, includeChildren);
  }
}

/** Hits by entry. In columns, since a common word is found in tens of thousands of them. */
class TableMatches implements SearchMatches {
  readonly entries: ListEntry[] = [];
  readonly keptOut: IndexedSession[] = [];
  readonly #scores: number[] = [];
  /** 0 where only a title matched. */
  readonly #messageIds: number[] = [];
  /** Place of an entry in the columns, plus one, by the slot of its session. */
  readonly #places: Int32Array;

  constructor(
    { slots, messageIds, ranks, titleRowids }: SearchFindings,
    table: SessionTable,
    private readonly includeChildren: boolean,
  ) {
    this.#places = new Int32Array(table.slotCount);
    for (let at = 0; at < slots.length; at++) {
      const session = table.bySlot(slots[at] ?? -1);
      if (session !== undefined) this.#addMessage(session, messageIds[at] ?? 0, -(ranks[at] ?? 0));
    }
    this.#addTitles(titleRowids, table);
  }

  scoreOf(entry: ListEntry): number {
    return this.#scores[this.#placeOf(entry)] ?? 0;
  }

  messageIdOf(entry: ListEntry): number | null {
    return this.#messageIds[this.#placeOf(entry)] || null;
  }

  #placeOf(entry: ListEntry): number {
    return (this.#places[entry.session.slot] ?? 0) - 1;
  }

  #entryOf(session: IndexedSession): ListEntry | undefined {
    return this.includeChildren ? session.row : session.chain.entry;
  }

  #addMessage(session: IndexedSession, messageId: number, score: number): void {
    if (!isEntry(session)) this.keptOut.push(session);
    const entry = this.#entryOf(session);
    if (entry === undefined) return;
    const place = this.#placeOf(entry);
    if (place < 0) {
      this.#add(entry, messageId, score);
      return;
    }
    const known = this.#scores[place] ?? 0;
    if (score < known || (score === known && messageId < (this.#messageIds[place] ?? 0))) return;
    this.#scores[place] = score;
    this.#messageIds[place] = messageId;
  }

  /** A title counts once for an entry, however many members of its chain have one that matches. */
  #addTitles(rowids: Float64Array, table: SessionTable): void {
    const titled = new Set<ListEntry>();
    const known = new Set(this.keptOut);
    for (const rowid of rowids) {
      const session = table.byRowid(rowid);
      if (session === undefined) continue;
      if (!isEntry(session) && !known.has(session)) this.keptOut.push(session);
      const entry = this.#entryOf(session);
      if (entry !== undefined) titled.add(entry);
    }
    for (const entry of titled) {
      const place = this.#placeOf(entry);
      if (place < 0) this.#add(entry, 0, TITLE_SCORE);
      else this.#scores[place] = (this.#scores[place] ?? 0) + TITLE_SCORE;
    }
  }

  #add(entry: ListEntry, messageId: number, score: number): void {
    this.entries.push(entry);
    this.#scores.push(score);
    this.#messageIds.push(messageId);
    this.#places[entry.session.slot] = this.entries.length;
  }
}
