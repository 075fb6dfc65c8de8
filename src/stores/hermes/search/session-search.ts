import { Inject, Injectable } from '@nestjs/common';
import { Settings } from '../../../config/settings.js';
import type { SessionMatchResponse } from '../../../sessions/dto/session.response.js';
import { SessionIndex, type IndexView } from '../index/session-index.js';
import type { IndexedSession, ListEntry } from '../index/session-table.js';
import type { EntryMatch, SearchMatches } from '../listing/session-listing.js';
import type { SearchFindings } from './history-search.js';
import { SearchThreads } from './search-threads.js';

/** Added to the score of an entry whose title matches: whoever types a title looks for that conversation. */
const TITLE_SCORE = 1000;

/** Search as the server's own thread sees it. */
@Injectable()
export class SessionSearch {
  constructor(
    @Inject(SearchThreads) private readonly threads: SearchThreads,
    @Inject(SessionIndex) private readonly index: SessionIndex,
    @Inject(Settings) private readonly settings: Settings,
  ) {}

  /**
   * Finds messages and titles.
   * @returns undefined where there is nothing to search for.
   * @throws {ApiError} `search_timeout`, `search_busy`
   */
  async find(text: string, ranked: boolean): Promise<FoundHits | undefined> {
    const owners = await this.index.snapshot((view) => view.owners);
    const findings = await this.threads.run<'find'>({
      kind: 'find',
      path: this.settings.STATE_DB,
      text,
      ranked,
      owners,
      timeLimit: this.settings.SEARCH_TIMEOUT_MS,
    });
    return findings === undefined ? undefined : new FoundHits(findings);
  }

  /** These messages with the text around the hits, by id; what is no hit any more is left out. */
  async excerpts(
    text: string,
    messageIds: readonly number[],
  ): Promise<ReadonlyMap<number, SessionMatchResponse>> {
    if (messageIds.length === 0) return new Map();
    return this.threads.run<'excerpts'>({
      kind: 'excerpts',
      path: this.settings.STATE_DB,
      text,
      messageIds,
    });
  }
}

/** What the threads found, before it is known which entries it belongs to. */
export class FoundHits {
  constructor(private readonly findings: SearchFindings) {}

  /** Whether hits may be missing because a search index is not complete. */
  get incomplete(): boolean {
    return this.findings.incomplete;
  }

  /** The entries and session rows of a moment of the index that were found. */
  matches({ table }: IndexView, includeChildren: boolean): SearchMatches {
    const entries = new Map<ListEntry, EntryMatch>();
    const sessions = new Set<IndexedSession>();
    const add = (session: IndexedSession | undefined, match: EntryMatch): void => {
      if (session === undefined) return;
      sessions.add(session);
      const entry = includeChildren ? session.row : session.chain.entry;
      if (entry === undefined) return;
      const known = entries.get(entry);
      if (known === undefined || isBetter(match, known)) entries.set(entry, match);
    };
    const { slots, messageIds, ranks, titleRowids } = this.findings;
    slots.forEach((slot, at) => {
      add(table.bySlot(slot), { messageId: messageIds[at] ?? null, score: -(ranks[at] ?? 0) });
    });
    const titled = new Set<ListEntry>();
    for (const rowid of titleRowids) {
      const session = table.byRowid(rowid);
      const entry = includeChildren ? session?.row : session?.chain.entry;
      if (session !== undefined) sessions.add(session);
      if (entry !== undefined) titled.add(entry);
    }
    for (const entry of titled) {
      const { messageId, score } = entries.get(entry) ?? { messageId: null, score: 0 };
      entries.set(entry, { messageId, score: score + TITLE_SCORE });
    }
    return { entries, sessions };
  }
}

function isBetter(a: EntryMatch, b: EntryMatch): boolean {
  return a.score > b.score || (a.score === b.score && (a.messageId ?? 0) > (b.messageId ?? 0));
}
