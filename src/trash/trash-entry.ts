import type { TakenEntry, TakenSession } from '../sessions/kept-session.js';
import { isRecord } from '../text/tool-call.js';
import { mayKnow, mayTake, type SessionAccess } from '../sessions/session-access.js';
import type { WholeState } from './entry-files.js';

/** What the first line of an entry says: all that lists show of it, and who may know of it. Times are epoch seconds. */
export interface TrashHead {
  readonly object: 'hermes.session.trash';
  /** Of what follows; what is larger than {@link FORM} was written by a later release. */
  readonly form: number;
  readonly profile: string;
  readonly deletedAt: number;
  /** Until when it is to be kept at least, whichever server looks after the folder. */
  readonly keptUntil: number;
  /** Who deleted it, as the log names them. */
  readonly deletedBy: string;
  readonly entry: TakenEntry;
  readonly sessions: readonly TakenSession[];
}

/** How entries are written now. */
export const FORM = 1;

/** What the last line of an entry says. */
export interface TrashEnd {
  readonly object: 'hermes.session.trash.end';
  /** The `LinesDigest` of the lines between. */
  readonly digest: string;
}

/** An entry where it lies. */
export interface StoredEntry {
  readonly id: string;
  readonly head: TrashHead;
  readonly bytes: number;
  /** Of one that is not `kept` it is not known whether its sessions are gone. */
  readonly state: WholeState;
}

/** The last deleted first. */
export function newestFirst(a: StoredEntry, b: StoredEntry): number {
  return b.head.deletedAt - a.head.deletedAt || (a.id < b.id ? -1 : 1);
}

/**
 * Entries that were left by deletions which did not happen, by what is listed in their place: where a session was there to be written down again, what
 * was written of it before took nothing away.
 */
export function leftBehind(entries: readonly StoredEntry[]): ReadonlyMap<StoredEntry, StoredEntry> {
  const pending = entries.filter(({ state }) => state === 'pending');
  if (pending.length === 0) return new Map();
  const wanted = new Set(pending.map(sessionKey));
  const newest = new Map<string, StoredEntry>();
  for (const entry of entries) {
    const key = sessionKey(entry);
    const other = newest.get(key);
    if (wanted.has(key) && (other === undefined || newestFirst(entry, other) < 0)) newest.set(key, entry);
  }
  return new Map(
    pending.flatMap((entry) => {
      const other = newest.get(sessionKey(entry));
      return other === undefined || other === entry ? [] : [[entry, other]];
    }),
  );
}

/** One with the id of another that began at another moment is another session. */
function sessionKey({ head: { profile, entry } }: StoredEntry): string {
  return JSON.stringify([profile, entry.id, entry.startedAt]);
}

/** Whether somebody may know of an entry: as they might have of its sessions, when these were there. */
export function mayKnowEntry(access: SessionAccess, { sessions }: TrashHead): boolean {
  return sessions.every((session) => (session.isDelegate ? mayTake : mayKnow)(access, session));
}

/** The head that a line is; undefined for another line. */
export function headOf(line: string): TrashHead | undefined {
  const head = parsed(line);
  return isHead(head) ? head : undefined;
}

/** How the last line begins, so that no other one is parsed for it: those are read by whom they are for. */
const END_BEGINS = '{"object":"hermes.session.trash.end"';

/** The digest that the last line names; undefined for another line. */
export function digestIn(line: string): string | undefined {
  if (!line.startsWith(END_BEGINS)) return undefined;
  const end = parsed(line);
  return isRecord(end) && end.object === 'hermes.session.trash.end' && typeof end.digest === 'string'
    ? end.digest
    : undefined;
}

function isHead(value: unknown): value is TrashHead {
  return (
    isRecord(value) &&
    value.object === 'hermes.session.trash' &&
    value.form === FORM &&
    typeof value.profile === 'string' &&
    typeof value.deletedAt === 'number' &&
    typeof value.keptUntil === 'number' &&
    isRecord(value.entry) &&
    typeof value.entry.id === 'string' &&
    Array.isArray(value.sessions) &&
    value.sessions.every((session) => isRecord(session) && typeof session.id === 'string')
  );
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
