import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { ApiError } from '../../http/errors.js';
import { formatInstant } from '../../http/instant.js';
import type { SessionDetailResponse } from '../../sessions/dto/session-detail.response.js';
import type { SessionMatchResponse, SessionResponse } from '../../sessions/dto/session.response.js';
import type {
  MessagePage,
  MessagePageRequest,
  SessionChanges,
  SessionPage,
  SessionPageRequest,
} from '../../sessions/session-query.js';
import {
  SessionsRepository,
  type StoreFeatures,
  type StoreReadiness,
  type StoreStatus,
} from '../../sessions/sessions.repository.js';
import { HermesConnection } from './file/hermes-connection.js';
import { countOf, instantOf, textOf } from './file/values.js';
import { IndexedLineage } from './index/conversations.js';
import { SessionDigests } from './index/session-digests.js';
import { SessionIndex, type IndexView } from './index/session-index.js';
import { chainFrom, chainRoot, type LineageNode } from './lineage/lineage.js';
import { readListing, type ListedEntry } from './listing/session-listing.js';
import { readSessionRows, toSession, toUsage } from './listing/session-rows.js';
import { HistorySearch, searchableText } from './search/history-search.js';
import type { SearchQuery } from './search/search-query.js';
import { toSnippet } from './search/snippet.js';
import { readTranscript } from './transcript/transcript.js';
import { deleteSession } from './write/session-deletion.js';
import { updateSession } from './write/session-writes.js';
import { removeTranscriptFiles } from './write/transcript-files.js';

/** The sessions of another program's state.db. */
@Injectable()
export class HermesSessionsRepository extends SessionsRepository implements OnApplicationBootstrap {
  readonly #logger = new Logger(HermesSessionsRepository.name);

  constructor(
    @Inject(HermesConnection) private readonly connection: HermesConnection,
    @Inject(SessionIndex) private readonly index: SessionIndex,
    @Inject(SessionDigests) private readonly digests: SessionDigests,
    @Inject(HistorySearch) private readonly search: HistorySearch,
    @Inject(Settings) private readonly settings: Settings,
  ) {
    super();
  }

  onApplicationBootstrap(): void {
    this.index.start();
  }

  list(request: SessionPageRequest): Promise<SessionPage> {
    return this.index.snapshot((view) => {
      const { filter, sort } = request;
      const outcome =
        filter.search === undefined
          ? undefined
          : this.search.search(view, filter.search, {
              ranked: sort === 'relevance',
              includeChildren: filter.includeChildren,
            });
      const listing = readListing(view.reader, request);
      return {
        entries: this.#toEntries(view, listing.entries, filter.includeChildren, outcome?.query),
        total: listing.total,
        next: listing.next,
        hidden: listing.hidden,
        searchIncomplete: outcome?.incomplete ?? false,
      };
    });
  }

  get(id: string): Promise<SessionDetailResponse> {
    return this.index.snapshot((view) => this.#readDetail(view, id));
  }

  messages(id: string, request: MessagePageRequest): Promise<MessagePage> {
    return this.index.snapshot((view) => {
      const source = new IndexedLineage(view.reader);
      const node = source.node(id);
      if (node === undefined) throw new ApiError('session_not_found');
      const chain = request.lineage ? chainFrom(source, chainRoot(source, node)) : [node];
      return readTranscript(
        view,
        chain.map((member) => member.id),
        request,
      );
    });
  }

  async update(id: string, changes: SessionChanges): Promise<SessionDetailResponse> {
    await this.connection.transaction((db, { layout }) => {
      updateSession(db, layout, id, changes);
    });
    return this.get(id);
  }

  async delete(id: string, force: boolean): Promise<readonly string[]> {
    const deleted = await this.connection.transaction((db, history) => {
      const found = db.prepare('SELECT 1 FROM sessions WHERE id = ?').get(id);
      if (found === undefined) throw new ApiError('session_not_found');
      if (!history.canFireTriggers) throw new ApiError('tokenizer_unavailable');
      return deleteSession(db, history.layout, { id, force, now: Date.now() / 1000 });
    });
    await this.#removeTranscriptFiles(deleted);
    return deleted;
  }

  async features(): Promise<StoreFeatures> {
    const { layout, canFireTriggers } = await this.connection.current();
    const writable = await isWritable(this.settings.STATE_DB);
    return {
      search: true,
      rename: writable,
      archive: writable && layout.sessionColumns.has('archived'),
      pin: writable && layout.sessionColumns.has('pinned'),
      delete: writable && canFireTriggers,
    };
  }

  async status(): Promise<StoreStatus> {
    const counts = await this.connection.snapshot(({ reader, layout }) => ({
      schemaVersion: layout.schemaVersion,
      journalMode: textOf(reader.value('PRAGMA journal_mode')) ?? 'unknown',
      sessions: countOf(reader.value('SELECT count(*) FROM sessions')),
      messages: countOf(reader.value('SELECT count(*) FROM messages')),
      activeSessions: countOf(reader.value('SELECT count(*) FROM sessions WHERE ended_at IS NULL')),
    }));
    const age = this.index.age;
    return { kind: 'hermes', ...counts, indexAgeSeconds: age === undefined ? null : age / 1000 };
  }

  async readiness(): Promise<StoreReadiness> {
    try {
      if (await this.index.isReady()) return { ready: true };
    } catch (error) {
      if (error instanceof ApiError) return { ready: false, reason: error.message };
      throw error;
    }
    const { done, total } = this.index.progress;
    return { ready: false, reason: `The index is being built: ${done} of ${total} sessions.` };
  }

  #toEntries(
    view: IndexView,
    entries: readonly ListedEntry[],
    includeChildren: boolean,
    query: SearchQuery | undefined,
  ): readonly SessionResponse[] {
    const source = new IndexedLineage(view.reader);
    const rows = readSessionRows(view, [
      ...new Set(entries.flatMap((entry) => [entry.rowid, entry.rootRowid])),
    ]);
    return entries.flatMap((entry) => {
      const tip = rows.get(entry.rowid);
      const chainStart = rows.get(entry.rootRowid) ?? tip;
      if (tip === undefined || chainStart === undefined) return [];
      const root = includeChildren ? tip : chainStart;
      const session = toSession(tip, root, {
        lastActiveAt: instantOf(entry.lastActiveAt),
        rootId: textOf(chainStart.id) ?? entry.id,
        chainLength: chainLengthOf(source, textOf(chainStart.id) ?? entry.id),
        digest: this.digests.of(view, entry.id),
      });
      return query === undefined
        ? [session]
        : [{ ...session, match: readMatch(view, entry, query, session.title) }];
    });
  }

  #readDetail(view: IndexView, id: string): SessionDetailResponse {
    const source = new IndexedLineage(view.reader);
    const node = source.node(id);
    const rowid = view.reader.value('SELECT session_rowid FROM temp.session_facts WHERE id = ?', id);
    const row = readSessionRows(view, [countOf(rowid)]).get(countOf(rowid));
    if (node === undefined || row === undefined) throw new ApiError('session_not_found');
    const root = chainRoot(source, node);
    return {
      ...toSession(row, row, {
        lastActiveAt: node.lastActiveAt,
        rootId: root.id,
        chainLength: chainFrom(source, root).length,
        digest: this.digests.of(view, id),
      }),
      child_session_ids: [...source.children(id)].sort(oldestFirst).map((child) => child.id),
      tip_session_id: chainFrom(source, node).at(-1)?.id ?? id,
      usage: toUsage(row),
    };
  }

  /** The deletion is committed: a file that cannot be removed is a matter for the log. */
  async #removeTranscriptFiles(ids: readonly string[]): Promise<void> {
    const folder = join(this.settings.HERMES_HOME, 'sessions');
    const { reader } = await this.connection.current();
    const { failed } = await removeTranscriptFiles(
      folder,
      ids,
      (id) => reader.get('SELECT 1 FROM sessions WHERE id = ?', id) !== undefined,
    );
    for (const { name, error } of failed) {
      this.#logger.warn(
        `A transcript file of a deleted session could not be removed: ${name} (${String(error)})`,
      );
    }
  }
}

function chainLengthOf(source: IndexedLineage, rootId: string): number {
  const root = source.node(rootId);
  return root === undefined ? 1 : chainFrom(source, root).length;
}

function oldestFirst(a: LineageNode, b: LineageNode): number {
  return (a.startedAt ?? -1) - (b.startedAt ?? -1) || (a.id < b.id ? -1 : 1);
}

/** Where a search found an entry, with the text around it; the title where no message was found. */
function readMatch(
  { reader }: IndexView,
  entry: ListedEntry,
  query: SearchQuery,
  title: string | null,
): SessionMatchResponse {
  const message =
    entry.matchedMessageId === null
      ? undefined
      : reader.get(
          'SELECT id, role, timestamp, content, tool_name, tool_calls FROM messages WHERE id = ?',
          entry.matchedMessageId,
        );
  if (message === undefined) {
    return { message_id: null, role: null, timestamp: null, snippet: toSnippet(query, title ?? '') };
  }
  return {
    message_id: countOf(message.id),
    role: textOf(message.role),
    timestamp: formatInstant(instantOf(message.timestamp)),
    snippet: toSnippet(query, searchableText([message.content, message.tool_name, message.tool_calls])),
  };
}

async function isWritable(path: string): Promise<boolean> {
  return access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
}
