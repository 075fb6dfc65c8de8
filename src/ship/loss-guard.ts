import { createHash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { RepeatedWarning } from '../logging/repeated-warning.js';
import type { FileMark, OutgoingHistory } from '../stores/hermes/outgoing/outgoing-history.js';
import type { KnownFile } from '../stores/postgres/incoming/held-sessions.js';
import type { HistoryIntake } from '../stores/postgres/incoming/history-intake.js';
import { findLostMessages, type HistoryDifference, type ShrunkSession } from './history-difference.js';
import { isHollow, isLargeLoss, looksLikeAccident } from './loss-rule.js';

/** Why a session is held back: the file no longer has it, or has lost messages of it. */
type HeldFor = 'gone' | 'messages';

/** The decision about the losses that a comparison found. */
export interface LossDecision {
  /** Sessions to remove from the database, or that may lose most of their messages there. */
  readonly going: ReadonlySet<string>;
  /** Whether message ids may have been reused, so that sessions have to be sent whole. */
  readonly isSetBack: boolean;
}

/**
 * Decides about sessions that a file no longer has, or that lost messages in it: the loss is either applied to the database, or held back
 * until somebody accepts it. A held session stays held until the next comparison.
 */
export class LossGuard {
  readonly #logger = new Logger('Ship');
  readonly #warning = new RepeatedWarning(this.#logger);
  /** The sessions held back. Not stored: every start begins with a comparison, which finds them again. */
  #held: ReadonlyMap<string, HeldFor> = new Map();
  /** The file as last seen. */
  #seen: FileMark | undefined;

  /** @param history its name in the log. */
  constructor(
    private readonly history: string,
    private readonly outgoing: OutgoingHistory,
  ) {}

  /** How many sessions are held back. */
  get held(): number {
    return this.#held.size;
  }

  /** Whether a session is held back, so that it must not be changed in the database. */
  holds(id: string): boolean {
    return this.#held.has(id);
  }

  /**
   * Decides about everything that a comparison misses in the file. If any session is held back, none is removed.
   * @param file the compared file.
   */
  async decide(intake: HistoryIntake, difference: HistoryDifference, file: FileMark): Promise<LossDecision> {
    const { known, missing } = difference;
    const state = await intake.comparisonState();
    const isOtherFile =
      isOther(state.file, file) || (await this.#isSetBack(intake, [...missing, ...difference.changed]));
    // Held-back sessions show that something was wrong with the file, even if it is not visible any more.
    const isSetBack = isOtherFile || state.held > 0;
    const shrunk = isSetBack
      ? await findLostMessages(this.outgoing, intake, difference.changed)
      : difference.shrunk;
    const losing = losingOf(missing, shrunk);
    const held = new Map<string, HeldFor>();
    if (await this.#isAccident(intake, known, losing.size, isSetBack))
      for (const one of losing) held.set(...one);
    if (isSetBack && isLargeLoss(difference.knownMessages, messagesOf(shrunk)))
      for (const { id } of shrunk) held.set(id, 'messages');
    this.#seen = file;
    if (held.size > 0 && state.accepted !== digestOf(held)) {
      if (state.accepted !== null)
        this.#logger.warn(`${this.history}: sessions were accepted to go, but others are missing by now.`);
      await this.#hold(intake, held, known);
      return { going: new Set(), isSetBack };
    }
    if (state.held > 0) {
      const what = held.size > 0 ? `${held.size} go, as was accepted.` : 'the sessions are there again.';
      this.#logger.log(`${this.history}: nothing is held back any more; ${what}`);
    }
    this.#held = new Map();
    this.#warning.end();
    return { going: new Set(losing.keys()), isSetBack };
  }

  /**
   * Decides about sessions that changed while the file was followed, before any of it is sent.
   * @param due all of them, so that the first of many losses do not pass as a few.
   * @returns the sessions to remove, or that may lose most of their messages; undefined if a comparison is needed.
   */
  async follow(intake: HistoryIntake, due: readonly string[]): Promise<ReadonlySet<string> | undefined> {
    const { present } = await intake.known(due);
    const sizes = await this.outgoing.sizes(due);
    // Read afterwards, so that it shows an older state restored before or during this.
    const file = await this.outgoing.fileMark();
    if (this.#seen === undefined || isOther(this.#seen, file)) return undefined;
    this.#seen = file;
    const losing = new Map<string, HeldFor>();
    for (const [at, id] of due.entries()) {
      const before = present.get(id)?.messages;
      const after = sizes[at];
      if (before === undefined) continue;
      if (this.#held.has(id)) {
        if (after !== undefined && (await this.#isBack(intake, id, before, after))) return undefined;
        continue;
      }
      if (after === undefined) losing.set(id, 'gone');
      else if (isHollow(before, after)) losing.set(id, 'messages');
    }
    if (losing.size === 0) return new Set();
    const gone = [...losing].flatMap(([id, why]) => (why === 'gone' ? [id] : []));
    if (await this.#isSetBack(intake, gone)) return undefined;
    const known = await intake.count();
    if (!(await this.#isAccident(intake, known - this.#held.size, losing.size, false)))
      return new Set(losing.keys());
    await this.#hold(intake, new Map([...this.#held, ...losing]), known);
    return new Set();
  }

  /** Whether a held-back session is in the file again as it was. */
  async #isBack(intake: HistoryIntake, id: string, before: number, after: number): Promise<boolean> {
    if (after < before) return false;
    return (await findLostMessages(this.outgoing, intake, [id])).length === 0;
  }

  /** Recent removals count as well: a clean-up deletes in many short transactions. */
  async #isAccident(
    intake: HistoryIntake,
    known: number,
    missing: number,
    isOtherFile: boolean,
  ): Promise<boolean> {
    if (missing === 0) return false;
    const recent = await intake.recentRemovals();
    return looksLikeAccident({ known: known + recent, missing: missing + recent, isOtherFile });
  }

  /** Whether the file has reused the ids of these sessions' newest messages, because an older state was restored. */
  async #isSetBack(intake: HistoryIntake, ids: readonly string[]): Promise<boolean> {
    return ids.length > 0 && this.outgoing.hasGivenAgain(await intake.newestMessages(ids));
  }

  async #hold(intake: HistoryIntake, held: ReadonlyMap<string, HeldFor>, known: number): Promise<void> {
    await intake.hold(held.size, digestOf(held));
    this.#held = held;
    this.#warning.warn(
      `${this.history}: ${held.size} of ${known} sessions in the database are missing in the file, or messages of them. That looks like an accident, so that they stay in the database. If they are to go there, too: hermes-sessions ship --accept-loss`,
    );
  }
}

/** Whether the history's file was replaced by another or an older one; unknown values prove neither. */
export function isOther(before: KnownFile, now: FileMark): boolean {
  if (before.fileId !== null && before.fileId !== now.fileId) return true;
  return before.newestMessageId !== null && before.newestMessageId > now.newestMessageId;
}

/** Sessions that are gone, and those with few messages left. */
function losingOf(
  missing: readonly string[],
  shrunk: readonly ShrunkSession[],
): ReadonlyMap<string, HeldFor> {
  const hollow = shrunk.filter(({ before, after }) => isHollow(before, after));
  return new Map<string, HeldFor>([
    ...missing.map((id) => [id, 'gone'] as const),
    ...hollow.map(({ id }) => [id, 'messages'] as const),
  ]);
}

function messagesOf(shrunk: readonly ShrunkSession[]): number {
  return shrunk.reduce((sum, { before, after }) => sum + before - after, 0);
}

/** A digest of the held sessions and the reasons, so that an acceptance covers exactly these. */
function digestOf(held: ReadonlyMap<string, HeldFor>): string {
  const names = [...held].map(([id, why]) => JSON.stringify([id, why])).sort();
  return createHash('sha256').update(names.join('\n')).digest('base64url');
}
