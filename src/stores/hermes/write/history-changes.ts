import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { DomainError } from '../../../domain/errors.js';
import { epochSeconds } from '../../../domain/instant.js';
import type { DeletedGroup } from '../../../sessions/deletion-conditions.js';
import { conversationIds, requireSeen } from '../../../sessions/lineage/lineage.js';
import { requireVisible } from '../../../sessions/lineage/visible-lineage.js';
import { PlanInHistory } from '../../../sessions/prune/prune-rules.js';
import { FULL_ACCESS, type HistoryName, type SessionAccess } from '../../../domain/access.js';
import {
  FLAG_CHANGES,
  outcomeOfEach,
  outcomesReached,
  refused,
  tellDone,
  type BulkOutcome,
  type BulkRequest,
  type ChangedSome,
  type DeletedSession,
  type DeletionOptions,
  type OnCommit,
} from '../../../sessions/bulk/session-bulk.js';
import type { NewFork, NewSession } from '../../../sessions/session-creation.js';
import type { ImportedSession, ImportOutcome } from '../../../sessions/session-import.js';
import type { PlannedConversation, PruneAction } from '../../../sessions/prune/session-prune.js';
import type { SessionChanges } from '../../../sessions/session-query.js';
import type { ChangeContext, PruneContext } from '../../../sessions/sessions.repository.js';
import { syncJournal } from '../file/journal-sync.js';
import type { HermesConnection, OpenHistory } from '../file/hermes-connection.js';
import { isStoreFailure, toStoreError } from '../file/sqlite-failure.js';
import type { SessionIndex } from '../index/session-index.js';
import { createSession, forkSession } from './session-creation.js';
import { runRowChanges } from '../file/row-change.js';
import {
  LongDeletion,
  SessionDeletions,
  type DeletionRules,
  type GroupDeletion,
  type PlannedDeletion,
} from './session-deletion.js';
import { importer, importOutcome, planImport, plannedBonds, type PlannedImport } from './session-import.js';
import { updateSession } from './session-writes.js';
import { requireStillSo, stillPlanned } from './still-planned.js';
import { changeInShortTransactions, type ChangeElsewhere, type ChangeSession } from './short-transactions.js';
import { addInSlices } from './sliced-addition.js';
import { isForkedInOnePiece, SlicedFork } from './sliced-fork.js';
import { fitsInOnePiece, SlicedImport } from './sliced-import.js';
import { removeTranscriptFiles } from './transcript-files.js';
import { onlyInPart } from './unfinished-import.js';

/** A change to one session. */
export interface SingleChange extends ChangeContext {
  /** Runs first, inside the transaction; if it throws, nothing is changed. */
  readonly check: (history: OpenHistory) => void;
}

/**
 * Deletions of more bytes of messages run on another thread: removing a megabyte from the search indexes takes some hundred milliseconds, which would
 * block all requests.
 */
const MOST_BYTES = 256 * 1024;

/** Plans the deletion of sessions, while the lock is held. @param mostBytes as in `DeletionRules`. */
type PlanDeletion = (history: OpenHistory, mostBytes?: number) => PlannedDeletion;

/** Plans the deletion of each of many sessions, as {@link PlanDeletion} does for all together. */
type PlanEach = (history: OpenHistory, mostBytes?: number) => (id: string) => PlannedDeletion;

/** The deletion of sessions that are already gone. */
const NOTHING: PlannedDeletion = { changes: [], deleted: [], orphaned: [] };

/** How each of many sessions is deleted. */
interface EachDeletion {
  readonly planEach: PlanEach;
  readonly onCommit: OnCommit;
  /** Milliseconds after which no other deletion begins. */
  readonly limit: number;
}

/**
 * All changes that this server makes to a history: runs them in transactions, reports them to the index, and removes the files of deleted sessions.
 */
export class HistoryChanges {
  readonly #logger = new Logger(HistoryChanges.name);

  constructor(
    private readonly connection: HermesConnection,
    private readonly index: SessionIndex,
    private readonly name: HistoryName,
  ) {}

  /**
   * Renames, archives or pins a session.
   * @param answer reads the result inside the transaction, so that nothing can fail after the commit.
   */
  async update<T>(
    id: string,
    changes: SessionChanges,
    { access, check, onCommit }: SingleChange,
    answer: (history: OpenHistory) => T,
  ): Promise<T> {
    const answered = await this.connection.transaction((history) => {
      check(history);
      this.index.touch(updateSession(history, id, changes, { access, now: epochSeconds() }));
      return answer(history);
    });
    tellDone([{ kind: 'changed', id }], this.name, onCommit);
    return answered;
  }

  /** Adds a session. @param answer as for {@link update}. */
  async create<T>(
    session: NewSession,
    { access, onCommit }: ChangeContext,
    answer: (history: OpenHistory) => T,
  ): Promise<T> {
    const answered = await this.connection.transaction((history) => {
      createSession(history, session, { access, now: epochSeconds() });
      this.index.touch([session.id]);
      return answer(history);
    });
    tellDone([{ kind: 'changed', id: session.id }], this.name, onCommit);
    return answered;
  }

  /**
   * Adds a session that continues another one: in one transaction, or in batches if it has too many messages for one.
   * @param answer as for {@link update}.
   */
  async fork<T>(
    id: string,
    fork: NewFork,
    { access, onCommit }: ChangeContext,
    answer: (history: OpenHistory) => T,
  ): Promise<T> {
    const told = (history: OpenHistory): T => {
      this.index.touch([id, fork.id]);
      return answer(history);
    };
    const isShort = await this.connection.snapshot((history) => isForkedInOnePiece(history, id));
    const answered = isShort
      ? await this.connection.transaction((history) => {
          forkSession(history, id, fork, { access, now: epochSeconds() });
          return told(history);
        })
      : await addInSlices(new SlicedFork({ origin: id, fork, access }, told), this.connection, this.index);
    tellDone([{ kind: 'changed', id: fork.id }], this.name, onCommit);
    return answered;
  }

  /**
   * Adds sessions with their messages: each whole in one transaction, or in batches of messages if there are too many for one.
   * @throws {DomainError} `title_in_use`, before anything is added; or the error that interrupted the import. Repeating the request then skips what
   *   was added.
   */
  async importSessions(sessions: readonly ImportedSession[], context: ChangeContext): Promise<ImportOutcome> {
    const way = { access: context.access, now: epochSeconds() };
    const planned = await this.connection.snapshot((history) => planImport(history, sessions, way));
    const isSliced = (id: string): boolean => {
      const session = planned.sessions.get(id);
      return planned.unfinished.has(id) || (session !== undefined && !fitsInOnePiece(session));
    };
    const outcomes: BulkOutcome[] = [];
    while (outcomes.length < planned.ids.length) {
      const left = planned.ids.slice(outcomes.length);
      const length = left.findIndex(isSliced);
      const { outcomes: some, failure } =
        length === 0
          ? await this.#importInSlices(planned, left[0] ?? '', context)
          : await this.#importWhole(planned, length < 0 ? left : left.slice(0, length), context);
      outcomes.push(...some);
      if (failure !== undefined) throw failure;
    }
    // The sender, such as the trash, may now delete its own copy.
    await syncJournal(this.connection.location.stateDb);
    const outcome = importOutcome(sessions, planned, outcomes);
    return { ...outcome, unfinished: await this.#onlyInPart(outcome.skipped, context.access) };
  }

  /** The import is committed: if the history cannot be read now, no skipped session is reported as incomplete. */
  async #onlyInPart(ids: readonly string[], access: SessionAccess): Promise<readonly string[]> {
    if (ids.length === 0) return [];
    try {
      return await this.connection.snapshot((history) => onlyInPart(history, ids, access));
    } catch (error) {
      this.#logger.warn(`Whether all of what was there is whole is not known: ${String(error)}`);
      return [];
    }
  }

  #importWhole(
    planned: PlannedImport,
    ids: readonly string[],
    { access, onCommit }: ChangeContext,
  ): Promise<ChangedSome> {
    const begin = (history: OpenHistory): ChangeSession => {
      const add = importer(history, planned, access);
      return (id) => {
        add(id);
        this.index.touch([id]);
        return { kind: 'changed', id };
      };
    };
    return changeInShortTransactions(this.connection, ids, {
      begin,
      history: this.name,
      onCommit,
      limit: Infinity,
    });
  }

  async #importInSlices(
    planned: PlannedImport,
    id: string,
    { access, onCommit }: ChangeContext,
  ): Promise<ChangedSome> {
    const session = planned.sessions.get(id);
    if (session === undefined) return { outcomes: [refused(id, new DomainError('session_not_found'))] };
    try {
      const surroundings = {
        access,
        bondsOf: plannedBonds(planned, access),
        isBrought: (other: string): boolean => planned.sessions.has(other),
      };
      await addInSlices(new SlicedImport(session, surroundings), this.connection, this.index);
    } catch (error) {
      if (isStoreFailure(error) && error instanceof Error) return { outcomes: [], failure: error };
      return { outcomes: [refused(id, toStoreError(error))] };
    }
    planned.added.add(id);
    const outcomes: readonly BulkOutcome[] = [{ kind: 'changed', id }];
    tellDone(outcomes, this.name, onCommit);
    return { outcomes };
  }

  /** Deletes a session. @returns all deleted sessions, the named one first. */
  async delete(
    id: string,
    { force, lineage: isWhole, seenUntil, kept }: DeletionOptions,
    { access, check, onCommit }: SingleChange,
  ): Promise<readonly DeletedSession[]> {
    const plan: PlanDeletion = (history, mostBytes) => {
      check(history);
      const lineage = history.lineage.now();
      requireVisible(access, lineage, id);
      if (seenUntil !== undefined) requireSeen(lineage, id, seenUntil);
      const ids = isWhole ? conversationIds(lineage, id) : [id];
      return this.#deletions(history, { force, access, kept, mostBytes }).plan(ids);
    };
    const deleted = await this.#delete(plan);
    tellDone([{ kind: 'deleted', id, deleted }], this.name, onCommit);
    await this.#removeTranscriptFiles(deleted);
    return deleted;
  }

  async #delete(plan: PlanDeletion): Promise<readonly DeletedSession[]> {
    try {
      return await this.connection.transaction((history) =>
        this.#carryOut(history, plan(history, MOST_BYTES)),
      );
    } catch (error) {
      return this.#deleteElsewhere(plan, error);
    }
  }

  /**
   * Deletes on a thread or in another process, after the attempt here failed.
   * @throws why it failed here, if no other place can do it.
   */
  async #deleteElsewhere(plan: PlanDeletion, reason: unknown): Promise<readonly DeletedSession[]> {
    const place = this.#placeAfter(reason);
    if (place === undefined) throw reason;
    try {
      return this.#deleted(await this.connection.transactionElsewhere(place, plan));
    } catch (error) {
      if (place === 'process') throw error;
      return this.#deleteElsewhere(plan, error);
    }
  }

  /** Where a failed deletion can still run: a long one on a thread, and one that this driver cannot read in another process. */
  #placeAfter(reason: unknown): 'thread' | 'process' | undefined {
    if (reason instanceof LongDeletion) return 'thread';
    const isTooLarge = reason instanceof DomainError && reason.code === 'message_too_large';
    return isTooLarge && this.connection.location.sqliteNode !== '' ? 'process' : undefined;
  }

  #deleted({ deleted, orphaned }: PlannedDeletion): readonly DeletedSession[] {
    this.index.touch([...deleted.map(({ id }) => id), ...orphaned]);
    return deleted;
  }

  /**
   * Applies one action to many sessions.
   * @param limit milliseconds after which no other transaction begins.
   * @returns an outcome for each.
   */
  async bulk(
    { action, ids, force, onlyEmpty }: BulkRequest,
    { access, onCommit }: ChangeContext,
    limit: number,
  ): Promise<readonly BulkOutcome[]> {
    const planEach: PlanEach = (history, mostBytes) => {
      const deletions = this.#deletions(history, { force, access, mostBytes });
      return (id) => {
        requireVisible(access, history.lineage.now(), id);
        return deletions.plan([id], onlyEmpty);
      };
    };
    if (action === 'delete') return this.#deleteEach(ids, { planEach, onCommit, limit });
    const begin =
      (history: OpenHistory): ChangeSession =>
      (id) =>
        this.#setFlags(history, id, FLAG_CHANGES[action], access);
    const way = { begin, history: this.name, onCommit, limit };
    return outcomeOfEach(ids, await changeInShortTransactions(this.connection, ids, way));
  }

  /**
   * Deletes groups of sessions, each atomically, and only if its conditions hold. @returns an outcome for each, under the id of its first session.
   */
  deleteTogether(
    groups: readonly DeletedGroup[],
    { force, mayBeGone }: GroupDeletion,
    { access, onCommit }: ChangeContext,
  ): Promise<readonly BulkOutcome[]> {
    const byFirst = new Map(groups.map((group) => [group.ids[0] ?? '', group]));
    const planEach: PlanEach = (history, mostBytes) => {
      const deletions = this.#deletions(history, { force, access, mostBytes });
      return (first) => {
        const lineage = history.lineage.now();
        const { ids: named, conditions } = byFirst.get(first) ?? { ids: [], conditions: {} };
        const ids = named.filter((id) => !mayBeGone || lineage.node(id) !== undefined);
        for (const id of ids) requireVisible(access, lineage, id);
        requireStillSo(lineage, deletions, { ids, conditions });
        return ids.length === 0 ? NOTHING : deletions.plan(ids, conditions.onlyEmpty);
      };
    };
    return this.#deleteEach([...byFirst.keys()], { planEach, onCommit, limit: Infinity });
  }

  async #deleteEach(
    ids: readonly string[],
    { planEach, onCommit, limit }: EachDeletion,
  ): Promise<readonly BulkOutcome[]> {
    const begin = (history: OpenHistory): ChangeSession =>
      this.#deleter(history, planEach(history, MOST_BYTES));
    const way = { begin, history: this.name, onCommit, limit, elsewhere: this.#elsewhere(planEach) };
    const changed = await changeInShortTransactions(this.connection, ids, way);
    await this.#removeTranscriptFiles(changed.outcomes.flatMap(deletedBy));
    return outcomeOfEach(ids, changed);
  }

  /** How to delete elsewhere what cannot, or should not, be deleted here. */
  #elsewhere(planEach: PlanEach): ChangeElsewhere {
    return {
      isFor: (reason) => this.#placeAfter(reason) !== undefined,
      change: async (id, reason) => {
        try {
          const plan: PlanDeletion = (history) => planEach(history)(id);
          return { kind: 'deleted', id, deleted: await this.#deleteElsewhere(plan, reason) };
        } catch (error) {
          return refused(id, toStoreError(error));
        }
      },
    };
  }

  /**
   * Deletes or archives planned conversations that are unchanged since they were planned.
   * @param limit milliseconds after which no other transaction begins.
   * @returns an outcome for each conversation that was reached within the limit, in order.
   * @throws what the history as a whole refuses, if none was reached.
   */
  async prune(
    conversations: readonly PlannedConversation[],
    action: PruneAction,
    { access, onCommit, kept }: PruneContext,
    limit: number,
  ): Promise<readonly BulkOutcome[]> {
    const planned = new PlanInHistory(conversations);
    const planEach: PlanEach = (history, mostBytes) => {
      const deletions = this.#deletions(history, { force: false, access, kept, mostBytes });
      return (id) => {
        const going = stillPlanned(history.lineage.now(), deletions, { id, planned, action });
        return going.length === 0 ? NOTHING : deletions.plan(going);
      };
    };
    const begin = (history: OpenHistory): ChangeSession => {
      if (action === 'archive') return this.#archiver(history, planned);
      const remove = this.#deleter(history, planEach(history, MOST_BYTES));
      return (id) => {
        const outcome = remove(id);
        planned.remember(deletedBy(outcome));
        return outcome;
      };
    };
    const ids = conversations.map(({ id }) => id);
    const told: OnCommit = (done, history) => {
      planned.remember(done.flatMap(deletedBy));
      onCommit(done, history);
    };
    const way = { begin, history: this.name, onCommit: told, limit, elsewhere: this.#elsewhere(planEach) };
    const changed = await changeInShortTransactions(this.connection, ids, way);
    await this.#removeTranscriptFiles(changed.outcomes.flatMap(deletedBy));
    return outcomesReached(changed);
  }

  /** Archives one conversation, if it is still as planned. */
  #archiver(history: OpenHistory, planned: PlanInHistory): ChangeSession {
    const deletions = this.#deletions(history, { force: false, access: FULL_ACCESS });
    return (id) => {
      const rule = { id, planned, action: 'archive' } as const;
      const going = stillPlanned(history.lineage.now(), deletions, rule);
      if (going.length === 0) return { kind: 'deleted', id, deleted: [] };
      return this.#setFlags(history, id, FLAG_CHANGES.archive, FULL_ACCESS);
    };
  }

  #setFlags(history: OpenHistory, id: string, changes: SessionChanges, access: SessionAccess): BulkOutcome {
    this.index.touch(updateSession(history, id, changes, { access, now: epochSeconds() }));
    return { kind: 'changed', id };
  }

  #deletions(history: OpenHistory, rules: Omit<DeletionRules, 'now'>): SessionDeletions {
    return new SessionDeletions(history, { ...rules, now: epochSeconds() });
  }

  #deleter(history: OpenHistory, plan: (id: string) => PlannedDeletion): (id: string) => BulkOutcome {
    return (id) => ({ kind: 'deleted', id, deleted: this.#carryOut(history, plan(id)) });
  }

  #carryOut({ reader }: OpenHistory, planned: PlannedDeletion): readonly DeletedSession[] {
    runRowChanges(reader, planned.changes);
    return this.#deleted(planned);
  }

  /** The deletion is committed: failures to remove its files are only logged. */
  async #removeTranscriptFiles(deleted: readonly DeletedSession[]): Promise<void> {
    if (deleted.length === 0) return;
    const folder = join(this.connection.location.hermesHome, 'sessions');
    try {
      const { failed } = await removeTranscriptFiles(
        folder,
        deleted.map(({ id }) => id),
        (ids) => this.#existing(ids),
      );
      for (const { name, error } of failed) this.#warn(name, error);
    } catch (error) {
      this.#warn(folder, error);
    }
  }

  /** Which of these ids currently belong to sessions. */
  #existing(ids: readonly string[]): Promise<ReadonlySet<string>> {
    return this.connection.snapshot(({ reader }) => {
      const rows = reader.all(
        'SELECT id FROM sessions WHERE id IN (SELECT value FROM json_each(?))',
        JSON.stringify(ids),
      );
      return new Set(rows.map((row) => String(row.id)));
    });
  }

  #warn(name: string, error: unknown): void {
    this.#logger.warn(
      `Transcript files of a deleted session could not be removed: ${name} (${String(error)})`,
    );
  }
}

function deletedBy(outcome: BulkOutcome): readonly DeletedSession[] {
  return outcome.kind === 'deleted' ? outcome.deleted : [];
}
