import { join } from 'node:path';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Database } from 'better-sqlite3';
import { Settings } from '../../../config/settings.js';
import type { BulkAction, BulkOutcome, BulkRequest } from '../../../sessions/session-bulk.js';
import type { PruneAction, PrunePlan } from '../../../sessions/session-prune.js';
import type { SessionChanges } from '../../../sessions/session-query.js';
import { HermesConnection, type OpenHistory } from '../file/hermes-connection.js';
import { SessionIndex } from '../index/session-index.js';
import { LiveLineage } from '../lineage/live-lineage.js';
import { requireUnchanged } from './prune-plan.js';
import { SessionDeletions } from './session-deletion.js';
import { updateSession } from './session-writes.js';
import { changeInShortTransactions, type ChangeSession } from './short-transactions.js';
import { removeTranscriptFiles } from './transcript-files.js';

/** What a bulk action sets. */
const FLAG_CHANGES: Readonly<Record<Exclude<BulkAction, 'delete'>, SessionChanges>> = {
  archive: { archived: true },
  unarchive: { archived: false },
  pin: { pinned: true },
  unpin: { pinned: false },
};

/** How long a prune goes on before it answers, in milliseconds: proxies give up on an answer after half a minute or more. */
const PRUNE_LIMIT = 20_000;

/** Deletes sessions inside one transaction, and gives the ids of all that went. */
type DeleteSessions = (ids: readonly string[]) => readonly string[];

/** Every change that this server makes to a history: in transactions, told to the index, with the files that belong to it. */
@Injectable()
export class HistoryChanges {
  readonly #logger = new Logger(HistoryChanges.name);

  constructor(
    @Inject(HermesConnection) private readonly connection: HermesConnection,
    @Inject(SessionIndex) private readonly index: SessionIndex,
    @Inject(Settings) private readonly settings: Settings,
  ) {}

  /**
   * Renames, archives or pins a session.
   * @param check is called first, inside the transaction; what it throws leaves everything as it was.
   */
  async update(id: string, changes: SessionChanges, check: (history: OpenHistory) => void): Promise<void> {
    await this.connection.transaction((db, history) => {
      // Nobody else commits while this transaction lasts, so what the reader sees now is what is changed.
      check(history);
      this.index.touch(updateSession(db, history.layout, id, changes));
    });
  }

  /** @returns the ids of all sessions that went, the named one first. */
  async delete(id: string, force: boolean): Promise<readonly string[]> {
    const deleted = await this.connection.transaction((db, history) =>
      this.#deleter(db, history, force)([id]),
    );
    await this.#removeTranscriptFiles(deleted);
    return deleted;
  }

  /** Does one thing to many sessions. @returns an outcome for each. */
  async bulk({ action, ids, force }: BulkRequest): Promise<readonly BulkOutcome[]> {
    const outcomes = await changeInShortTransactions(this.connection, ids, (db, history) => {
      if (action !== 'delete') return (id) => this.#setFlags(db, history, id, FLAG_CHANGES[action]);
      const remove = this.#deleter(db, history, force);
      return (id) => ({ kind: 'deleted', id, deleted: remove([id]) });
    });
    await this.#removeTranscriptFiles(outcomes.flatMap(deletedIds));
    return outcomes;
  }

  /**
   * Takes what was planned, where it is still as it was.
   * @returns an outcome for each conversation that was reached within {@link PRUNE_LIMIT}, in order.
   */
  async prune(plan: PrunePlan, action: PruneAction): Promise<readonly BulkOutcome[]> {
    const planned = new Map(plan.conversations.map(({ id, members }) => [id, members]));
    const begin = (db: Database, history: OpenHistory): ChangeSession => {
      const lineage = new LiveLineage(db, history.layout);
      const remove = this.#deleter(db, history, false);
      return (id) => {
        const members = planned.get(id) ?? [];
        requireUnchanged(lineage, members);
        if (action === 'archive') return this.#setFlags(db, history, id, FLAG_CHANGES.archive);
        return { kind: 'deleted', id, deleted: remove(members.map((member) => member.id)) };
      };
    };
    const ids = [...planned.keys()];
    const outcomes = await changeInShortTransactions(this.connection, ids, begin, PRUNE_LIMIT);
    await this.#removeTranscriptFiles(outcomes.flatMap(deletedIds));
    return outcomes;
  }

  #setFlags(db: Database, { layout }: OpenHistory, id: string, changes: SessionChanges): BulkOutcome {
    this.index.touch(updateSession(db, layout, id, changes));
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

function deletedIds(outcome: BulkOutcome): readonly string[] {
  return outcome.kind === 'deleted' ? outcome.deleted : [];
}
