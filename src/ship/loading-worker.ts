import { move, transferableSymbol, valueSymbol } from 'piscina';
import type { HistoryMoment } from '../stores/hermes/file/layout.js';
import { isStoreFailure } from '../stores/hermes/file/sqlite-failure.js';
import {
  readBytes,
  readHostSession,
  readMessages,
  type HostSession,
} from '../stores/hermes/outgoing/host-session.js';
import {
  openThreadFile,
  outcomeOf,
  type ThreadOutcome,
  type ThreadSource,
} from '../stores/hermes/threads/thread-file.js';
import { MessageCopies, type SessionName } from '../stores/postgres/incoming/copied-messages.js';
import type { CopiedRows, IncomingSession } from '../stores/postgres/incoming/upload.js';
import { isSendable, toIncomingSession, UNSENDABLE_ID } from './to-upload.js';

/** New sessions to read whole. */
export interface LoadingTask {
  readonly historyId: number;
  readonly sessions: readonly SessionName[];
}

/** The sessions that a task has read, with the rows of all of them in one buffer each. */
export interface Loaded {
  readonly sessions: readonly LoadedSession[];
  readonly rows: CopiedRows;
}

/** A session as it was read; a large one is left to the main thread, which sends it in parts. */
export type LoadedSession =
  | { readonly kind: 'gone'; readonly id: string }
  | { readonly kind: 'unsendable'; readonly id: string; readonly why: string }
  | { readonly kind: 'large'; readonly session: HostSession; readonly number: number }
  | {
      readonly kind: 'whole';
      readonly session: IncomingSession;
      readonly number: number;
      readonly messageIds: readonly number[];
      /** Size of its rows in bytes. */
      readonly lengths: { readonly messages: number; readonly words: number };
    };

/** Most bytes of texts of a session that is read whole, however few messages it has: each may contain a picture. */
const WHOLE_BYTES = 1024 * 1024;

/** Most bytes of a task's rows, which wait in memory to be sent. Sessions beyond it are left to the main thread. */
const TASK_BYTES = 16 * 1024 * 1024;

let open: (HistoryMoment & { readonly copies: MessageCopies }) | undefined;

/** The body of the thread: reads sessions and splits them into words, in parallel to the main thread. */
export default function run(task: LoadingTask & ThreadSource): ThreadOutcome<Loaded> {
  const outcome = outcomeOf(() => {
    open ??= { ...openThreadFile(task), copies: new MessageCopies(task.historyId) };
    const { reader, layout, copies } = open;
    reader.follow(task.rewrites);
    // Discards the rows of an earlier task that failed half-way.
    copies.take();
    // One transaction per session, so that no agent waits for long.
    let bytes = 0;
    const sessions = task.sessions.map((name) => {
      const most = Math.min(WHOLE_BYTES, TASK_BYTES - bytes);
      const session = reader.turns.take(() =>
        reader.transaction('BEGIN', () => load({ reader, layout }, copies, name, most)),
      );
      if (session.kind === 'whole') bytes += session.lengths.messages + session.lengths.words;
      return session;
    });
    return { sessions, rows: copies.take() };
  });
  return outcome.kind === 'done' ? handedOver(outcome) : outcome;
}

/** Transfers the rows to the other thread without copying. */
function handedOver(outcome: ThreadOutcome<Loaded> & { readonly kind: 'done' }): ThreadOutcome<Loaded> {
  const { messages, words } = outcome.value.rows;
  return move({
    [transferableSymbol]: [messages.buffer, words.buffer],
    [valueSymbol]: outcome,
  }) as unknown as ThreadOutcome<Loaded>;
}

/** @param most bytes of texts of a session that is read whole. */
function load(file: HistoryMoment, copies: MessageCopies, name: SessionName, most: number): LoadedSession {
  const { id, number } = name;
  const session = readHostSession(file, id);
  if (session === undefined) return { kind: 'gone', id };
  if (!isSendable(session)) return { kind: 'unsendable', id, why: UNSENDABLE_ID };
  if (readBytes(file, session.fact) > most) return { kind: 'large', session, number };
  try {
    return loadWhole(file, copies, session, number);
  } catch (error) {
    if (isStoreFailure(error)) throw error;
    // The failure concerns only this session, and must not keep others from being sent.
    return { kind: 'unsendable', id, why: String(error) };
  }
}

function loadWhole(
  file: HistoryMoment,
  copies: MessageCopies,
  session: HostSession,
  number: number,
): LoadedSession {
  const { fact } = session;
  const messages = readMessages(file, { session: fact });
  const storedBytes = messages.reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    kind: 'whole',
    session: toIncomingSession(session, storedBytes),
    number,
    messageIds: messages.map(({ id: messageId }) => messageId),
    lengths: copies.add({ id: fact.id, number }, messages),
  };
}
