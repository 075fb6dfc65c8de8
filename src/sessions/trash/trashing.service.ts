import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth/principal.js';
import { DomainError, type FailureCode } from '../../domain/errors.js';
import { ApiError } from '../../http/errors.js';
import { SessionWentOn, type TakenSessions } from './kept-session.js';
import { accessWithin, type SessionAccess } from '../../domain/access.js';
import {
  CHANGE_LIMIT,
  deleteOneByOne,
  notReached,
  refused,
  youngestFirst,
  type BulkAction,
  type BulkOutcome,
  type DeletedSession,
  type DeletionOptions,
} from '../bulk/session-bulk.js';
import { presenceOf } from './session-presence.js';
import type { PlannedConversation } from '../prune/session-prune.js';
import { SessionTrash, type KeptEntry } from './session-trash.js';
import { SessionsRepository, type SessionChangeContext } from '../sessions.repository.js';

/** Attempts if sessions change while they are written to the trash. */
const MOST_ATTEMPTS = 3;

/** The result of a deletion that was kept in the trash. */
export interface Trashed {
  readonly deleted: readonly DeletedSession[];
  readonly trashId: string;
}

/** Returns the audit callback for a deletion, given its trash id. */
export type OnTrashed = (trashId: string) => SessionChangeContext['onCommit'];

/** The context of a deletion through the trash. */
interface Trashing extends Omit<SessionChangeContext, 'onCommit'> {
  readonly onTrashed: OnTrashed;
}

/**
 * Deletes sessions after it has written them to the trash. The process or its machine can end at any moment; sessions that are then both
 * in the trash and in the history are not shown in the trash.
 */
@Injectable()
export class TrashingService {
  constructor(
    private readonly repository: SessionsRepository,
    private readonly trash: SessionTrash,
  ) {}

  /**
   * Requires that an action can use the trash.
   * @throws {ApiError} `invalid_parameter` if it does not delete
   * @throws {DomainError} `trash_off` if this server has no trash
   */
  requireFor(action: BulkAction): void {
    if (action !== 'delete')
      throw new ApiError('invalid_parameter', {
        param: 'trash',
        message: 'trash belongs to the action delete.',
      });
    this.#requireOn();
  }

  #requireOn(): void {
    if (!this.trash.isOn) throw new DomainError('trash_off', { param: 'trash' });
  }

  /** @throws {DomainError} what the trash and the repository throw; then nothing is deleted. */
  async delete(
    id: string,
    options: Omit<DeletionOptions, 'kept'>,
    { access, precondition, onTrashed }: Trashing,
    caller: Principal,
  ): Promise<Trashed> {
    return this.#keepAndDelete(id, { options, access, caller }, async ({ id: trashId, digest }) => {
      const context = { access, precondition, onCommit: onTrashed(trashId) };
      const deleted = await this.repository.delete(id, { ...options, kept: digest }, context);
      return { deleted, trashId };
    });
  }

  /** Deletes sessions one after the other. @returns an outcome for each, in their order. */
  async deleteEach(
    ids: readonly string[],
    options: Omit<DeletionOptions, 'kept'>,
    trashing: Trashing,
    caller: Principal,
  ): Promise<readonly BulkOutcome[]> {
    const sessions: { readonly id: string; readonly at: number; readonly startedAt: number | null }[] = [];
    for (const [at, id] of ids.entries())
      sessions.push({ id, at, startedAt: await this.#startOf(id, trashing.access) });
    const inOrder = youngestFirst(sessions);
    const outcomes = await deleteOneByOne(
      inOrder,
      ({ id }) => id,
      ({ id }) => this.delete(id, options, trashing, caller),
      performance.now() + CHANGE_LIMIT,
    );
    const reached = new Map(outcomes.map((outcome, at) => [inOrder[at]?.at, outcome]));
    return ids.map((id, at) => reached.get(at) ?? notReached(id));
  }

  /** Null if unknown; the deletion itself reports failures. */
  async #startOf(id: string, access: SessionAccess): Promise<number | null> {
    const session = await this.repository.get(id, access).catch(() => undefined);
    return session?.startedAt ?? null;
  }

  /**
   * Deletes the conversations of a plan, as the repository's `prune` does.
   * @returns an outcome, in order, for each conversation that was processed within the time limit.
   */
  async prune(
    planned: readonly PlannedConversation[],
    trashing: Trashing,
    caller: Principal,
  ): Promise<readonly BulkOutcome[]> {
    const end = performance.now() + CHANGE_LIMIT;
    const gone = new Set<string>();
    const outcomes: BulkOutcome[] = [];
    for (const conversation of planned) {
      if (performance.now() >= end) break;
      const outcome = await this.#pruneOne(conversation, trashing, caller).catch((error: unknown) =>
        wentBefore(conversation, gone, error),
      );
      outcomes.push(outcome);
      const deleted = outcome.kind === 'deleted' ? outcome.deleted : [];
      for (const { id } of deleted) gone.add(keyOf(conversation, id));
    }
    return outcomes;
  }

  #pruneOne(
    conversation: PlannedConversation,
    { access, onTrashed }: Trashing,
    caller: Principal,
  ): Promise<BulkOutcome> {
    const { id } = conversation;
    const place = accessWithin(access, conversation);
    const options = { force: false, lineage: true };
    return this.#keepAndDelete(id, { options, access: place, caller }, async ({ id: trashId, digest }) => {
      const context = { access: place, onCommit: onTrashed(trashId), kept: digest };
      const [outcome] = await this.repository.prune([conversation], 'delete', context);
      if (outcome === undefined) throw new DomainError('store_busy');
      if (outcome.kind === 'refused') throw outcome.reason;
      return { ...outcome, trashId };
    });
  }

  async #keepAndDelete<T>(
    id: string,
    {
      options,
      access,
      caller,
    }: { readonly options: DeletionOptions } & Pick<Trashing, 'access'> & {
        readonly caller: Principal;
      },
    remove: (entry: KeptEntry) => Promise<T>,
  ): Promise<T> {
    this.#requireOn();
    for (let attempt = 1; ; attempt++) {
      const taken = await this.repository.take(id, options, access);
      const entry = await this.trash.keep(taken, caller.name);
      try {
        const result = await remove(entry);
        await entry.confirm();
        return result;
      } catch (error) {
        if (await this.#isUntouched(taken, error)) await entry.discard();
        if (!(error instanceof SessionWentOn) || attempt === MOST_ATTEMPTS) throw error;
      }
    }
  }

  /**
   * Whether a failed deletion removed nothing: another request deleted the sessions before, or they still exist. If that is not certain,
   * the entry stays in the trash, because a failure can follow the commit.
   */
  async #isUntouched(taken: TakenSessions, error: unknown): Promise<boolean> {
    if (error instanceof DomainError && UNTOUCHED.has(error.code)) return true;
    return (await presenceOf(this.repository, taken.entry, taken)) === 'there';
  }
}

/** Refusals before any change. If the sessions are gone nevertheless, another request's entry has them. */
const UNTOUCHED: ReadonlySet<FailureCode> = new Set([
  'session_not_found',
  'ambiguous_session',
  'plan_changed',
  'precondition_failed',
  'session_busy',
  'store_busy',
  'refused_by_history',
  'tokenizer_unavailable',
]);

/** A conversation may have been deleted as a whole along with another one of the same plan. */
function wentBefore(
  conversation: PlannedConversation,
  gone: ReadonlySet<string>,
  error: unknown,
): BulkOutcome {
  const { id, members } = conversation;
  const isGone = error instanceof DomainError && error.code === 'session_not_found';
  if (isGone && members.every((member) => gone.has(keyOf(conversation, member.id))))
    return { kind: 'deleted', id, deleted: [] };
  return refused(id, isGone ? new DomainError('plan_changed') : error);
}

function keyOf({ profile }: PlannedConversation, id: string): string {
  return JSON.stringify([profile, id]);
}
