import type { KeptRow } from '../../../sessions/trash/kept-session.js';
import type { SessionAccess } from '../../../domain/access.js';
import type { ImportedSession } from '../../../sessions/session-import.js';
import type { OpenHistory } from '../file/hermes-connection.js';
import { heirGuard, requireFree, requireUntaken } from './session-creation.js';
import { countOthers, insertImported, messageInserter, type BondsOf } from './session-import.js';
import { completeRow, ONE_PIECE, type AddedInSlices } from './sliced-addition.js';

/** Whether a session can be added in one transaction. */
export function fitsInOnePiece({ messages }: ImportedSession): boolean {
  if (messages.length > ONE_PIECE.messages) return false;
  const texts = messages.flatMap((message) => Object.values(message));
  const characters = texts.reduce<number>(
    (sum, text) => sum + (typeof text === 'string' ? text.length : 0),
    0,
  );
  return characters <= ONE_PIECE.characters;
}

/** The import that a session is part of. */
export interface ImportSurroundings {
  readonly access: SessionAccess;
  readonly bondsOf: BondsOf;
  /** Whether a session is part of the same import. */
  readonly isBrought: (id: string) => boolean;
}

/** A session that is imported in batches of messages; the progress is the number of messages added. */
export class SlicedImport implements AddedInSlices<number, void> {
  readonly beginning = 0;

  constructor(
    private readonly session: ImportedSession,
    private readonly surroundings: ImportSurroundings,
  ) {}

  get id(): string {
    return this.session.id;
  }

  get access(): SessionAccess {
    return this.surroundings.access;
  }

  /** @throws {DomainError} as `importer` does. */
  begin(history: OpenHistory, unfinished: KeptRow): void {
    const { id, title } = this.session;
    const { access, isBrought, bondsOf } = this.surroundings;
    requireFree(history.reader, id);
    heirGuard(history, access, isBrought)(id);
    requireUntaken(history.reader, title);
    const { modelConfig } = bondsOf(history, this.session);
    insertImported(history, { ...this.session, modelConfig }, unfinished);
  }

  adder(history: OpenHistory): (from: number) => number | undefined {
    const { messages } = this.session;
    const insert = messageInserter(history, this.session);
    return (from) => {
      const message = messages[from];
      if (message === undefined) return undefined;
      insert(message);
      return from + 1;
    };
  }

  finish(history: OpenHistory): void {
    const { id, title, more, odd, messageCount, toolCalls } = this.session;
    requireUntaken(history.reader, title);
    completeRow(history, id, {
      title,
      parent_session_id: this.surroundings.bondsOf(history, this.session).parentId,
      ended_at: more.ended_at ?? null,
      end_reason: more.end_reason ?? null,
      archived: more.archived ?? 0,
      message_count: messageCount,
      tool_call_count: toolCalls,
      hidden: more.hidden ?? 0,
      pinned: more.pinned ?? 0,
      ...odd,
    });
    countOthers(history, this.session);
  }
}
