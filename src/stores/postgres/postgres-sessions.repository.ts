import { Injectable } from '@nestjs/common';
import { DomainError } from '../../domain/errors.js';
import type { Message } from '../../domain/message.js';
import type { SessionDetail } from '../../domain/session.js';
import { epochSeconds } from '../../domain/instant.js';
import { conversationIds, requireSeen } from '../../sessions/lineage/lineage.js';
import type { TakenSessions } from '../../sessions/trash/kept-session.js';
import type { HistoryName, ProfileName, SessionAccess } from '../../domain/access.js';
import {
  tellDone,
  type BulkOutcome,
  type BulkRequest,
  type DeletedSession,
  type DeletionOptions,
} from '../../sessions/bulk/session-bulk.js';
import type { NewFork } from '../../sessions/session-creation.js';
import type { ImportOutcome } from '../../sessions/session-import.js';
import type {
  PlannedConversation,
  PruneAction,
  PrunePlan,
  PruneSelection,
} from '../../sessions/prune/session-prune.js';
import type { SelectedSessions } from '../../sessions/selected-sessions.js';
import {
  ALL_ENTRIES,
  pinnedRequest,
  type FoundRequest,
  type MessageHitPage,
  type MessagePage,
  type MessagePageRequest,
  type MessageSearchRequest,
  type SessionChanges,
  type SessionPage,
  type SessionPageRequest,
  WholeTranscript,
} from '../../sessions/session-query.js';
import type { SessionStatistics, StatisticsRequest } from '../../sessions/session-statistics.js';
import {
  SessionsRepository,
  type ChangeContext,
  type SessionChangeContext,
} from '../../sessions/sessions.repository.js';
import { PostgresConnection } from './connection/postgres-connection.js';
import { readProfiles, readRevision } from './histories.js';
import { KeptStatistics } from './listing/kept-statistics.js';
import { countSessions } from './listing/session-counts.js';
import { readChain, readDetail, readDetailedChain, type SessionPlace } from './listing/session-detail.js';
import { readListed } from './listing/listed-sessions.js';
import { readPage } from './listing/session-lists.js';
import { findSession } from './listing/session-place.js';
import { BoundedSearches } from './search/bounded-searches.js';
import { BEFORE_ALL } from '../../sessions/transcript/message-place.js';
import { readTranscript, readTranscriptPart, searchTranscript } from './transcript/transcript.js';
import { BulkChanges } from './write/bulk-changes.js';
import { changeHistory, type HistoryChange } from './write/history-change.js';
import { planPrune, type StoredPlannedConversation } from './write/prune-plan.js';
import { deleteSessions } from './write/session-deletion.js';
import { updateSession } from './write/session-update.js';

/** The sessions of any number of hosts, in a PostgreSQL database that shippers fill. */
@Injectable()
export class PostgresSessionsRepository extends SessionsRepository {
  readonly #bulk: BulkChanges;
  readonly #statistics = new KeptStatistics();

  constructor(
    private readonly connection: PostgresConnection,
    private readonly searches: BoundedSearches,
  ) {
    super();
    this.#bulk = new BulkChanges(connection);
  }

  async list(request: SessionPageRequest): Promise<SessionPage> {
    const { search } = request.filter;
    if (search !== undefined) return this.searches.page(request, search);
    const page = (part: SessionPageRequest): Promise<SessionPage> =>
      this.connection.statement((manager) => readPage(manager, part));
    if (request.withPinned !== true) return page(request);
    const [own, pinned] = await Promise.all([page(request), page(pinnedRequest(request))]);
    return { ...own, pinned: pinned.entries };
  }

  async *found(request: FoundRequest): AsyncGenerator<SelectedSessions> {
    const { filter, sort, limit } = request;
    const whole = { ...request, limit: ALL_ENTRIES, start: { offset: 0 } };
    const entries = await this.searches.entries(whole, filter.search ?? '');
    for (let at = 0; at < entries.length; at += limit) {
      const some = entries.slice(at, at + limit);
      const listed = await this.connection.statement((manager) =>
        readListed(manager, some, { ...filter, sort }),
      );
      yield { sessions: listed.map(({ session }) => session), total: entries.length };
    }
  }

  async get(id: string, access: SessionAccess): Promise<SessionDetail> {
    return this.connection.snapshot(async (manager) =>
      readDetail(manager, await findSession(manager, id, access), id, access),
    );
  }

  row(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async messages(id: string, request: MessagePageRequest, access: SessionAccess): Promise<MessagePage> {
    return this.connection.snapshot(async (manager) => {
      const { historyId } = await findSession(manager, id, access);
      const chain = request.lineage ? await readChain(manager, historyId, id, access) : [id];
      return readTranscript(manager, historyId, chain, request);
    });
  }

  async searchMessages(
    id: string,
    request: MessageSearchRequest,
    access: SessionAccess,
  ): Promise<MessageHitPage> {
    return this.searches.run(request, async (manager, deadline) => {
      const { historyId } = await findSession(manager, id, access);
      const sessionIds = request.lineage ? await readChain(manager, historyId, id, access) : [id];
      return searchTranscript(manager, historyId, sessionIds, request, deadline);
    });
  }

  async *chain(id: string, access: SessionAccess): AsyncGenerator<SessionDetail> {
    yield* await this.connection.snapshot(async (manager) =>
      readDetailedChain(manager, await findSession(manager, id, access), id, access),
    );
  }

  async *transcript(
    id: string,
    selection: WholeTranscript,
    access: SessionAccess,
  ): AsyncGenerator<readonly Message[]> {
    for (let after = BEFORE_ALL; ;) {
      const { messages, next } = await this.connection.snapshot(async (manager) => {
        // Looked up for each part: a session that is deleted meanwhile would otherwise look like a transcript that ends.
        const { historyId } = await findSession(manager, id, access);
        return readTranscriptPart(manager, historyId, id, { ...selection, after });
      });
      yield messages;
      if (next === null) return;
      after = next;
    }
  }

  async update(
    id: string,
    changes: SessionChanges,
    { access, onCommit, precondition }: SessionChangeContext,
  ): Promise<SessionDetail> {
    const { result, history } = await this.#change(id, access, async (change, place) => {
      const { manager } = change;
      if (precondition !== undefined) precondition(await readDetail(manager, place, id, access));
      await updateSession(change, id, changes, { access, now: epochSeconds() });
      return readDetail(manager, place, id, access);
    });
    tellDone([{ kind: 'changed', id }], history, onCommit);
    return result;
  }

  create(): Promise<SessionDetail> {
    return Promise.reject(madeAtHosts());
  }

  importSessions(): Promise<ImportOutcome> {
    return Promise.reject(madeAtHosts());
  }

  async fork(id: string, _fork: NewFork, { access }: ChangeContext): Promise<SessionDetail> {
    await this.connection.current((manager) => findSession(manager, id, access));
    throw madeAtHosts();
  }

  /** No trash: a host may have more than it sent, which would be lost, and nothing can be restored from here. */
  take(): Promise<TakenSessions> {
    return Promise.reject(new DomainError('trash_off'));
  }

  async delete(
    id: string,
    { force, lineage: isWhole, seenUntil }: DeletionOptions,
    { access, onCommit, precondition }: SessionChangeContext,
  ): Promise<readonly DeletedSession[]> {
    const { result: deleted, history } = await this.#change(id, access, async (change, place) => {
      if (precondition !== undefined) precondition(await readDetail(change.manager, place, id, access));
      await change.requireVisible(id, access);
      const lineage = await change.lineageAround([id]);
      if (seenUntil !== undefined) requireSeen(lineage, id, seenUntil);
      const ids = isWhole ? conversationIds(lineage, id) : [id];
      return deleteSessions(change, ids, { access, force, conditions: { whole: isWhole, seenUntil } });
    });
    tellDone([{ kind: 'deleted', id, deleted }], history, onCommit);
    return deleted;
  }

  bulk(request: BulkRequest, context: ChangeContext): Promise<readonly BulkOutcome[]> {
    return this.#bulk.bulk(request, context);
  }

  statistics(request: StatisticsRequest): Promise<SessionStatistics> {
    return this.connection.snapshot((manager) => countSessions(manager, request, this.#statistics));
  }

  planPrune(selection: PruneSelection): Promise<PrunePlan> {
    // A prune compares the plan with the current data, which a replica may not show yet.
    return this.connection.current((manager) => planPrune(manager, selection));
  }

  prune(
    planned: readonly PlannedConversation[],
    action: PruneAction,
    context: ChangeContext,
  ): Promise<readonly BulkOutcome[]> {
    return this.#bulk.prune(planned as readonly StoredPlannedConversation[], action, context);
  }

  /** Replicas lag differently, so there is no common revision. */
  async revision(): Promise<string | undefined> {
    if (!this.connection.isSingle) return undefined;
    return this.connection.statement(readRevision);
  }

  profileNames(access: SessionAccess): Promise<readonly ProfileName[]> {
    return this.connection.statement((manager) => readProfiles(manager, access));
  }

  /** Changes the history of a session under the history's lock. */
  async #change<T>(
    id: string,
    access: SessionAccess,
    work: (change: HistoryChange, place: SessionPlace) => Promise<T>,
  ): Promise<{ readonly result: T; readonly history: HistoryName }> {
    const place = await this.connection.current((manager) => findSession(manager, id, access));
    const result = await changeHistory(this.connection, place.historyId, (change) => work(change, place));
    return { result, history: place.history };
  }
}

/** Requests do not name a host, and an agent could only continue a session at its host. */
function madeAtHosts(): DomainError {
  return new DomainError('unsupported_by_store', {
    message: 'Sessions are made where their history is: ask the Hermes of that host.',
  });
}
