import { setImmediate as nextTurn } from 'node:timers/promises';
import type { HistoryLocation } from '../../../config/settings.js';
import type { Message } from '../../../domain/message.js';
import type { SessionDetail, StoredRow } from '../../../domain/session.js';
import { DomainError } from '../../../domain/errors.js';
import type { TakenSessions } from '../../../sessions/trash/kept-session.js';
import { mayKnow, type SessionAccess } from '../../../domain/access.js';
import type { NewFork, NewSession } from '../../../sessions/session-creation.js';
import type { DeletedSession, DeletionOptions, TakeOptions } from '../../../sessions/bulk/session-bulk.js';
import type { PrunePlan, PruneSelection } from '../../../sessions/prune/session-prune.js';
import type {
  MessagePage,
  MessagePageRequest,
  SessionChanges,
  WholeTranscript,
} from '../../../sessions/session-query.js';
import type { SessionStatistics, StatisticsRequest } from '../../../sessions/session-statistics.js';
import type { StoreObserver } from '../../../sessions/store-observer.js';
import type { ChangeContext, SessionChangeContext } from '../../../sessions/sessions.repository.js';
import { HistoryEvents } from '../events/history-events.js';
import { HermesConnection, type OpenHistory } from '../file/hermes-connection.js';
import { whyOutOfReach } from '../file/reach.js';
import { readWholeRow } from '../file/stored-rows.js';
import { rowidOf } from '../file/rowids.js';
import { textOf } from '../file/values.js';
import { IndexThread } from '../index/index-thread.js';
import { readInSteps } from '../index/reading-in-steps.js';
import { SessionDigests } from '../index/session-digests.js';
import { SessionIndex } from '../index/session-index.js';
import { childIds, placeInChain, placesInChain, type ChainPlace } from '../../../sessions/lineage/lineage.js';
import { visibleParent, visibleTo } from '../../../sessions/lineage/visible-lineage.js';
import { SessionCounts } from '../listing/session-counts.js';
import { SessionLists } from '../listing/session-lists.js';
import { readListedRows, sessionOf } from '../listing/session-rows.js';
import { OutgoingHistory } from '../outgoing/outgoing-history.js';
import { SearchThreads } from '../search/search-threads.js';
import { SessionSearch } from '../search/session-search.js';
import { IndexSupplements } from '../search/index-supplements.js';
import { TranscriptOutlines } from '../transcript/transcript-outlines.js';
import { ConversationSearch } from '../transcript/conversation-search.js';
import { transcriptSessions } from '../transcript/transcript-sessions.js';
import { BEFORE_ALL } from '../../../sessions/transcript/message-place.js';
import { readTranscript, readTranscriptPart } from '../transcript/transcript.js';
import { HistoryChanges, type SingleChange } from '../write/history-changes.js';
import { planPrune } from '../write/prune-plan.js';
import { takenLines } from '../write/kept-lines.js';
import { readTaken } from '../write/taken-sessions.js';
import { ProfileHealth } from './profile-health.js';

/**
 * One profile of Hermes: a state.db of its own, and everything that works on it. Callers use its parts directly. Methods that need several parts are
 * documented at `SessionsRepository`.
 */
export class HermesProfile {
  readonly #connection: HermesConnection;
  readonly #digests = new SessionDigests();
  readonly #outlines = new TranscriptOutlines();
  readonly #counts: SessionCounts;

  readonly index: SessionIndex;
  readonly lists: SessionLists;
  readonly messageSearch: ConversationSearch;
  /** All changes. {@link update}, {@link create}, {@link fork} and {@link delete} change one session, and read it again. */
  readonly changes: HistoryChanges;
  readonly events: HistoryEvents;
  readonly health: ProfileHealth;
  /** The history as it is sent elsewhere. */
  readonly outgoing: OutgoingHistory;

  /** @param searchTimeLimit how long a search may take, in milliseconds. */
  constructor(
    readonly name: string,
    readonly location: HistoryLocation,
    searchTimeLimit: number,
    observer: StoreObserver,
  ) {
    const onRetry = (): void => {
      observer.waitedForLock(name);
    };
    this.#connection = new HermesConnection(location, onRetry, name);
    this.index = new SessionIndex(this.#connection, new IndexThread(this.#connection), location.indexFolder);
    const searchThreads = new SearchThreads(this.#connection, searchTimeLimit, observer);
    this.messageSearch = new ConversationSearch(this.#connection, searchThreads);
    const supplements = new IndexSupplements(searchThreads, this.#connection);
    const search = new SessionSearch(name, searchThreads, this.index, this.#connection, supplements);
    this.lists = new SessionLists(name, this.index, this.#digests, search);
    this.#counts = new SessionCounts(name);
    this.events = new HistoryEvents(name, this.#connection, this.index, this.#digests);
    this.changes = new HistoryChanges(this.#connection, this.index, { profile: name, origin: null });
    this.health = new ProfileHealth(name, location, this.#connection, this.index, searchThreads);
    this.outgoing = new OutgoingHistory(this.#connection, this.index);
  }

  /** Stops all background work; the last requests are still answered. */
  stopFollowing(): void {
    this.events.stop();
    this.outgoing.feed.stop();
    this.index.stopFollowing();
  }

  /** Call after the last request has been answered. */
  async close(): Promise<void> {
    // Builds that are still running end with the threads that read the file.
    await Promise.all([this.index.close(), this.#connection.close()]);
  }

  /** Whether its folder cannot be entered by this user, and was never read: nobody here knows its content. */
  get isOutOfReach(): boolean {
    return !this.#connection.hasOpened && whyOutOfReach(this.location.stateDb) !== undefined;
  }

  /** Whether it has a session that the caller may know of. */
  has(id: string, access: SessionAccess): Promise<boolean> {
    return this.#connection.snapshot(({ lineage }) => {
      const node = lineage.now().node(id);
      return node !== undefined && mayKnow(access, node);
    });
  }

  get(id: string, access: SessionAccess): Promise<SessionDetail> {
    return this.#connection.snapshot((history) => this.#readDetail(history, { id }, access));
  }

  row(id: string, access: SessionAccess): Promise<StoredRow> {
    return this.#connection.snapshot((history) => {
      const lineage = visibleTo(access, history.lineage.now());
      const row = lineage.node(id) === undefined ? undefined : readWholeRow(history, id);
      if (row === undefined) throw new DomainError('session_not_found');
      return row;
    });
  }

  messages(id: string, request: MessagePageRequest, access: SessionAccess): Promise<MessagePage> {
    return this.#connection.snapshot((history) => {
      const sessionIds = transcriptSessions(history, id, request, access);
      return readTranscript(history, this.#outlines, sessionIds, request);
    });
  }

  async *chain(id: string, access: SessionAccess): AsyncGenerator<SessionDetail> {
    const places = await this.#connection.snapshot((history) => {
      const lineage = visibleTo(access, history.lineage.now());
      const node = lineage.node(id);
      if (node === undefined) throw new DomainError('session_not_found');
      return placesInChain(lineage, node);
    });
    for (const place of places) {
      await nextTurn();
      const member = { id: place.node.id, place };
      yield await this.#connection.snapshot((history) => this.#readDetail(history, member, access));
    }
  }

  async *transcript(
    id: string,
    selection: WholeTranscript,
    access: SessionAccess,
  ): AsyncGenerator<readonly Message[]> {
    for (let after = BEFORE_ALL; ;) {
      // File reads are synchronous, and a reader may take all parts at once: without this nobody else would get a turn before the end.
      await nextTurn();
      const { messages, next } = await this.#connection.snapshot((history) => {
        // Otherwise a session deleted half-way would look like a transcript that ends there.
        const lineage = visibleTo(access, history.lineage.now());
        if (lineage.node(id) === undefined) throw new DomainError('session_not_found');
        return readTranscriptPart(history, this.#outlines, id, { ...selection, after });
      });
      yield messages;
      if (next === null) return;
      after = next;
    }
  }

  update(id: string, changes: SessionChanges, context: SessionChangeContext): Promise<SessionDetail> {
    return this.changes.update(id, changes, this.#single(id, context), (history) =>
      this.#readWritten(history, id, context.access),
    );
  }

  create(session: NewSession, { access, onCommit }: ChangeContext): Promise<SessionDetail> {
    return this.changes.create(session, { access, onCommit }, (history) =>
      this.#readWritten(history, session.id, access),
    );
  }

  fork(id: string, fork: NewFork, { access, onCommit }: ChangeContext): Promise<SessionDetail> {
    return this.changes.fork(id, fork, { access, onCommit }, (history) =>
      this.#readWritten(history, fork.id, access),
    );
  }

  /** Reads what a deletion would delete, in batches of messages. */
  async take(id: string, options: TakeOptions, access: SessionAccess): Promise<TakenSessions> {
    const taken = await this.#connection.snapshot((history) => ({
      ...readTaken(history, id, options, access),
      detail: this.#readDetail(history, { id }, access),
    }));
    const { detail, sessions } = taken;
    const { preview, startedAt, lastActiveAt } = detail;
    const entry = {
      id,
      preview,
      startedAt,
      lastActiveAt,
      messageCount: taken.messageCount,
      ...taken.owner,
      title: detail.title ?? taken.title,
    };
    return { profile: this.name, entry, sessions, lines: takenLines(this.#connection, sessions) };
  }

  delete(
    id: string,
    options: DeletionOptions,
    context: SessionChangeContext,
  ): Promise<readonly DeletedSession[]> {
    return this.changes.delete(id, options, this.#single(id, context));
  }

  statistics(request: StatisticsRequest): Promise<SessionStatistics> {
    return readInSteps(this.index, (view) => this.#counts.of(view, request));
  }

  planPrune(selection: PruneSelection): Promise<PrunePlan | undefined> {
    return readInSteps(this.index, (view) => planPrune(view, selection, this.name));
  }

  #single(id: string, { access, onCommit, precondition }: SessionChangeContext): SingleChange {
    const check = (history: OpenHistory): void => precondition?.(this.#readWritten(history, id, access));
    return { access, onCommit, check };
  }

  /** Reads a session within a transaction that changes it. Cached digests do not apply to uncommitted changes. */
  #readWritten(history: OpenHistory, id: string, access: SessionAccess): SessionDetail {
    return this.#readDetail(history, { id }, access, new SessionDigests());
  }

  /** Reads a session and its relatives from the file itself, so that it needs no index; also its chain, unless `place` gives it. */
  #readDetail(
    history: OpenHistory,
    { id, place }: { readonly id: string; readonly place?: ChainPlace },
    access: SessionAccess,
    digests = this.#digests,
  ): SessionDetail {
    const { reader } = history;
    const rowid = reader.value('SELECT rowid FROM sessions WHERE id = ?', id);
    const row =
      rowid === undefined ? undefined : readListedRows(history, [rowidOf(rowid)]).get(rowidOf(rowid));
    const whole = history.lineage.now();
    const lineage = visibleTo(access, whole);
    const node = lineage.node(id);
    if (node === undefined || row === undefined) throw new DomainError('session_not_found');
    const { root, tip, length } = place ?? placeInChain(lineage, node);
    const dataVersion = reader.version();
    return {
      ...sessionOf(row, row, {
        profile: this.name,
        origin: null,
        parentId: visibleParent(access, whole, textOf(row.parent_session_id)),
        userId: node.userId,
        lastActiveAt: node.lastActiveAt,
        rootId: root.id,
        chainLength: length,
        digest: digests.of({ ...history, dataVersion }, id),
      }),
      childIds: childIds(lineage, id),
      tipId: tip.id,
    };
  }
}
