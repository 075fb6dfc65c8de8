import type { TakenEntry, TakenSession } from '../sessions/trash/kept-session.js';
import { isRecord, parsedJson } from '../text/json.js';
import { mayKnow, mayTake, type SessionAccess } from '../domain/access.js';
import type { WholeState } from './entry-files.js';

/** The first line of an entry: everything that lists show, and who may see it. Times are epoch seconds. */
export interface TrashHead {
  readonly object: 'hermes.session.trash';
  /** Format version; higher than {@link FORM} if a later release wrote it. */
  readonly form: number;
  readonly profile: string;
  readonly deletedAt: number;
  /** Earliest expiry, for servers of other histories that share the folder. */
  readonly keptUntil: number;
  /** Name of the caller who deleted it, as in the audit log. */
  readonly deletedBy: string;
  readonly entry: TakenEntry;
  readonly sessions: readonly TakenSession[];
}

/** The current format version. */
export const FORM = 1;

/** The last line of an entry. */
export interface TrashEnd {
  readonly object: 'hermes.session.trash.end';
  /** The `LinesDigest` of the lines between head and end. */
  readonly digest: string;
}

/** An entry in the folder. */
export interface StoredEntry {
  readonly id: string;
  readonly head: TrashHead;
  readonly bytes: number;
  /** Unless it is `kept`, its sessions may still exist. */
  readonly state: WholeState;
}

/** Most recently deleted first. */
export function newestFirst(a: StoredEntry, b: StoredEntry): number {
  return b.head.deletedAt - a.head.deletedAt || (a.id < b.id ? -1 : 1);
}

/**
 * Pending entries left by deletions that did not happen, each with the newest entry of the same session, which is listed instead. A
 * session that could be written to the trash again had not been deleted before.
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

/** Sessions with the same id but different start times are different. */
function sessionKey({ head: { profile, entry } }: StoredEntry): string {
  return JSON.stringify([profile, entry.id, entry.startedAt]);
}

/** Whether the caller may see an entry: they must have been allowed to see its sessions. */
export function mayKnowEntry(access: SessionAccess, { sessions }: TrashHead): boolean {
  return sessions.every((session) => (session.isDelegate ? mayTake : mayKnow)(access, session));
}

/** Parses a head; undefined for any other line. */
export function headOf(line: string): TrashHead | undefined {
  const head = parsedJson(line);
  return isHead(head) ? head : undefined;
}

/** Prefix of the last line, so that other lines need not be parsed for it. */
const END_BEGINS = '{"object":"hermes.session.trash.end"';

/** The digest in the last line; undefined for any other line. */
export function digestIn(line: string): string | undefined {
  if (!line.startsWith(END_BEGINS)) return undefined;
  const end = parsedJson(line);
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
