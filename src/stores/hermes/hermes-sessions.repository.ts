import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { ApiError } from '../../http/errors.js';
import type { SessionDetailResponse } from '../../sessions/dto/session-detail.response.js';
import type { BulkOutcome, BulkRequest } from '../../sessions/session-bulk.js';
import type { PruneAction, PrunePlan, PruneSelection } from '../../sessions/session-prune.js';
import type {
  MessagePage,
  MessagePageRequest,
  SessionChanges,
  SessionPage,
  SessionPageRequest,
} from '../../sessions/session-query.js';
import {
  SessionsRepository,
  type SessionPrecondition,
  type StoreFeatures,
  type StoreReadiness,
  type StoreStatus,
} from '../../sessions/sessions.repository.js';
import { HermesConnection, type OpenHistory } from './file/hermes-connection.js';
import { countOf, textOf } from './file/values.js';
import { SessionDigests } from './index/session-digests.js';
import { SessionIndex } from './index/session-index.js';
import { chainFrom, chainRoot, chainThrough, type LineageNode } from './lineage/lineage.js';
import { LiveLineage } from './lineage/live-lineage.js';
import { SessionLists } from './listing/session-lists.js';
import { readDetailedRow, toSession, toUsage } from './listing/session-rows.js';
import { TranscriptTotals } from './transcript/transcript-totals.js';
import { readTranscript } from './transcript/transcript.js';
import { HistoryChanges } from './write/history-changes.js';
import { planPrune } from './write/prune-plan.js';

/** The sessions of another program's state.db. */
@Injectable()
export class HermesSessionsRepository extends SessionsRepository implements OnApplicationBootstrap {
  constructor(
    @Inject(HermesConnection) private readonly connection: HermesConnection,
    @Inject(SessionIndex) private readonly index: SessionIndex,
    @Inject(SessionLists) private readonly lists: SessionLists,
    @Inject(HistoryChanges) private readonly changes: HistoryChanges,
    @Inject(SessionDigests) private readonly digests: SessionDigests,
    @Inject(TranscriptTotals) private readonly totals: TranscriptTotals,
    @Inject(Settings) private readonly settings: Settings,
  ) {
    super();
  }

  onApplicationBootstrap(): void {
    this.index.start();
  }

  list(request: SessionPageRequest): Promise<SessionPage> {
    return this.lists.page(request);
  }

  get(id: string): Promise<SessionDetailResponse> {
    return this.connection.snapshot((history) => this.#readDetail(history, id));
  }

  messages(id: string, request: MessagePageRequest): Promise<MessagePage> {
    return this.connection.snapshot((history) => {
      const lineage = new LiveLineage(history.reader.db, history.layout);
      const node = lineage.node(id);
      if (node === undefined) throw new ApiError('session_not_found');
      const chain = request.lineage ? chainThrough(lineage, node) : [node];
      return readTranscript(
        history,
        this.totals,
        chain.map((member) => member.id),
        request,
      );
    });
  }

  async update(
    id: string,
    changes: SessionChanges,
    precondition?: SessionPrecondition,
  ): Promise<SessionDetailResponse> {
    await this.changes.update(id, changes, (history) => precondition?.(this.#readDetail(history, id)));
    return this.get(id);
  }

  delete(id: string, force: boolean): Promise<readonly string[]> {
    return this.changes.delete(id, force);
  }

  bulk(request: BulkRequest): Promise<readonly BulkOutcome[]> {
    return this.changes.bulk(request);
  }

  async planPrune(selection: PruneSelection): Promise<PrunePlan> {
    await this.index.settle();
    return this.index.snapshot((view) => planPrune(view, selection));
  }

  prune(plan: PrunePlan, action: PruneAction): Promise<readonly BulkOutcome[]> {
    return this.changes.prune(plan, action);
  }

  revision(): Promise<string | undefined> {
    return this.index.revision();
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
      if (await this.index.check()) return { ready: true };
    } catch (error) {
      if (error instanceof ApiError) return { ready: false, reason: error.message };
      throw error;
    }
    const { done, total } = this.index.progress;
    return { ready: false, reason: `The index is being built: ${done} of ${total} sessions.` };
  }

  /** Reads a session and its relatives from the file itself, so that it needs no index. */
  #readDetail(history: OpenHistory, id: string): SessionDetailResponse {
    const { reader, layout } = history;
    const rowid = reader.value('SELECT rowid FROM sessions WHERE id = ?', id);
    const row = rowid === undefined ? undefined : readDetailedRow(history, countOf(rowid));
    const lineage = new LiveLineage(reader.db, layout);
    const node = lineage.node(id);
    if (node === undefined || row === undefined) throw new ApiError('session_not_found');
    const root = chainRoot(lineage, node);
    const dataVersion = countOf(reader.value('PRAGMA data_version'));
    return {
      ...toSession(row, row, {
        lastActiveAt: node.lastActiveAt,
        rootId: root.id,
        chainLength: chainFrom(lineage, root).length,
        digest: this.digests.of({ ...history, dataVersion }, id),
      }),
      child_session_ids: [...lineage.children(id)].sort(oldestFirst).map((child) => child.id),
      tip_session_id: chainFrom(lineage, node).at(-1)?.id ?? id,
      usage: toUsage(row),
    };
  }
}

function oldestFirst(a: LineageNode, b: LineageNode): number {
  return (a.startedAt ?? -1) - (b.startedAt ?? -1) || (a.id < b.id ? -1 : 1);
}

async function isWritable(path: string): Promise<boolean> {
  return access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
}
