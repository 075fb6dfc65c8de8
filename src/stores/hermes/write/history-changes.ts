import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import type { Database } from 'better-sqlite3';
import { FULL_ACCESS, type SessionAccess } from '../../../sessions/session-access.js';
import { FLAG_CHANGES, type BulkOutcome, type BulkRequest } from '../../../sessions/session-bulk.js';
import type { PruneAction, PrunePlan } from '../../../sessions/session-prune.js';
import type { SessionChanges } from '../../../sessions/session-query.js';
import type { HermesConnection, OpenHistory } from '../file/hermes-connection.js';
import type { SessionIndex } from '../index/session-index.js';
import { LiveLineage } from '../lineage/live-lineage.js';
import { requireVisible } from '../../../sessions/lineage/visible-lineage.js';
import { requireUnchanged } from './prune-plan.js';
import { SessionDeletions } from './session-deletion.js';
import { updateSession } from './session-writes.js';
import { changeInShortTransactions, type ChangeSession } from './short-transactions.js';
import { removeTranscriptFiles } from './transcript-files.js';

/** Deletes sessions inside one transaction, and gives the ids of all that went. */
type DeleteSessions = (ids: readonly string[]) => readonly string[];

/** Every change that this server makes to a history: in transactions, told to the index, with the files that belong to it. */
export class HistoryChanges {
  readonly #logger = new Logger(HistoryChanges.name);

  constructor(
    private readonly connection: HermesConnection,
    private readonly index: SessionIndex,
  ) {}

  /**
   * Renames, archives or pins a session.
   * @param check is called first, inside the transaction; what it throws leaves everything as it was.
   */
  async update(
    id: string,
    changes: SessionChanges,
    access: SessionAccess,
    check: (history: OpenHistory) => void,
  ): Promise<void> {
    await this.connection.transaction((db, history) => {
      // Nobody else commits while this transaction lasts, so what the reader sees now is what is changed.
      check(history);
      this.index.touch(updateSession(db, history.layout, id, changes, access));
    });
  }

  /** @returns the ids of all sessions that went, the named one first. */
  async delete(id: string, force: boolean, access: SessionAccess): Promise<readonly string[]> {
    const deleted = await this.connection.transaction((db, history) => {
      requireVisible(access, LiveLineage.of(db, history.layout), id);
      return this.#deleter(db, history, force)([id]);
    });
    await this.#removeTranscriptFiles(deleted);
    return deleted;
  }

  /** Does one thing to many sessions. @returns an outcome for each. */
  async bulk({ action, ids, force }: BulkRequest, access: SessionAccess): Promise<readonly BulkOutcome[]> {
    const outcomes = await changeInShortTransactions(this.connection, ids, (db, history) => {
      if (action !== 'delete') return (id) => this.#setFlags(db, history, id, FLAG_CHANGES[action], access);
      const lineage = LiveLineage.of(db, history.layout);
      const remove = this.#deleter(db, history, force);
      return (id) => {
        requireVisible(access, lineage, id);
        return { kind: 'deleted', id, deleted: remove([id]) };
      };
    });
    await this.#removeTranscriptFiles(outcomes.flatMap(deletedIds));
    return outcomes;
  }

  /**
   * Takes what was planned, where it is still as it was.
   * @param limit milliseconds, after which no other transaction begins.
   * @returns an outcome for each conversation that was reached within the limit, in order.
   */
  async prune(plan: PrunePlan, action: PruneAction, limit: number): Promise<readonly BulkOutcome[]> {
    const planned = new Map(plan.conversations.map(({ id, members }) => [id, members]));
    const begin = (db: Database, history: OpenHistory): ChangeSession => {
      const lineage = LiveLineage.of(db, history.layout);
      const remove = this.#deleter(db, history, false);
      return (id) => {
        const members = planned.get(id) ?? [];
        requireUnchanged(lineage, members);
        if (action === 'archive') return this.#setFlags(db, history, id, FLAG_CHANGES.archive, FULL_ACCESS);
        return { kind: 'deleted', id, deleted: remove(members.map((member) => member.id)) };
      };
    };
    const ids = [...planned.keys()];
    const outcomes = await changeInShortTransactions(this.connection, ids, begin, limit);
    await this.#removeTranscriptFiles(outcomes.flatMap(deletedIds));
    return outcomes;
  }

  #setFlags(
    db: Database,
    { layout }: OpenHistory,
    id: string,
    changes: SessionChanges,
    access: SessionAccess,
  ): BulkOutcome {
    this.index.touch(updateSession(db, layout, id, changes, access));
    return { kind: 'changed', id };
  }

  #deleter(db: Database, { layout, canFireTriggers }: OpenHistory, force: boolean): DeleteSessions {
    const now = Date.now() / 1000;
    const deletions = new SessionDeletions(db, layout, { force, now, canFireTriggers });
    return (ids) => {
      const { deleted, orphaned } = deletions.delete(ids);
      this.index.touch([...deleted, ...orphaned]);
      return deleted;
    };
  }

  /** The deletion is committed: a file that cannot be removed is a matter for the log. */
  async #removeTranscriptFiles(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const folder = join(this.connection.location.hermesHome, 'sessions');
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

function deletedIds(outcome: BulkOutcome): readonly string[] {
  return outcome.kind === 'deleted' ? outcome.deleted : [];
}
