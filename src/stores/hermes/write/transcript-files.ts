import { lstat, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';

const DUMP_PREFIX = 'request_dump_';

/** The gateway's routing index, which maps chats to sessions. It is never a transcript, whatever a session is called. */
const ROUTING_INDEX = 'sessions.json';

/** What happened to the transcript files of deleted sessions. */
export interface TranscriptRemoval {
  readonly removed: readonly string[];
  readonly failed: readonly { readonly name: string; readonly error: unknown }[];
}

/** Determines which of some ids belong to existing sessions. */
export type FindSessions = (ids: readonly string[]) => Promise<ReadonlySet<string>>;

/**
 * Removes the files that current and older releases of Hermes keep for sessions: `session_<id>.json`, `<id>.json`, `<id>.jsonl` and
 * `request_dump_<id>_*.json`. Only regular files directly in `folder` are touched.
 * @param ids sessions that were deleted.
 * @param find protects the files of other sessions: `session_a.json` may belong to `a` or to `session_a`.
 */
export async function removeTranscriptFiles(
  folder: string,
  ids: readonly string[],
  find: FindSessions,
): Promise<TranscriptRemoval> {
  const deleted = new Set(ids);
  const names = (await filesOf(folder)).filter(
    (name) => mayHold(name, ids) && ownersOf(name).some((id) => deleted.has(id)),
  );
  if (names.length === 0) return { removed: [], failed: [] };
  const existing = await find(names.flatMap(ownersOf));
  const removed: string[] = [];
  const failed: { name: string; error: unknown }[] = [];
  for (const name of names.filter((candidate) => isOf(candidate, deleted, existing))) {
    try {
      if (!(await lstat(join(folder, name))).isFile()) continue;
      await unlink(join(folder, name));
      removed.push(name);
    } catch (error) {
      failed.push({ name, error });
    }
  }
  return { removed, failed };
}

/** Names of transcript files whose session does not exist: a deletion was interrupted, or they are older than the history. */
export async function strayTranscriptFiles(folder: string, find: FindSessions): Promise<readonly string[]> {
  const names = (await filesOf(folder)).filter((name) => ownersOf(name).length > 0);
  const existing = await find(names.flatMap(ownersOf));
  return names.filter((name) => !ownersOf(name).some((id) => existing.has(id)));
}

/** Up to this many ids, searching a name for each is faster than parsing the name. */
const FEW_IDS = 8;

/** Whether a name may contain one of some ids. A folder can have a hundred thousand names, which are checked for each of many conversations. */
function mayHold(name: string, ids: readonly string[]): boolean {
  return ids.length > FEW_IDS || ids.some((id) => name.includes(id));
}

/**
 * Whether a file belongs to a deleted session and not to an existing one. What follows the id in the name of a dump may look like part of a longer
 * id, so the longest id of a deleted or existing session counts.
 */
function isOf(name: string, deleted: ReadonlySet<string>, existing: ReadonlySet<string>): boolean {
  const owners = ownersOf(name);
  if (!name.startsWith(DUMP_PREFIX)) return !owners.some((id) => existing.has(id));
  const owner = owners.findLast((id) => deleted.has(id) || existing.has(id));
  return owner !== undefined && !existing.has(owner);
}

/** Ids of the sessions that a file can belong to by its name, shortest first; none for other kinds of files. */
function ownersOf(name: string): readonly string[] {
  if (name === ROUTING_INDEX) return [];
  const [, id = '', kind] = /^(.+)\.(jsonl?)$/.exec(name) ?? [];
  if (id === '') return [];
  if (kind === 'json' && name.startsWith(DUMP_PREFIX))
    return [...idsBefore(id.slice(DUMP_PREFIX.length)), id];
  const [, snapshotOf] = /^session_(.+)$/.exec(id) ?? [];
  return kind === 'json' && snapshotOf !== undefined ? [snapshotOf, id] : [id];
}

/** The names in a folder; none if it is missing or a symbolic link. */
async function filesOf(folder: string): Promise<readonly string[]> {
  try {
    return (await lstat(folder)).isDirectory() ? await readdir(folder) : [];
  } catch {
    return [];
  }
}

/** Every id that the rest of a dump's name could begin with. */
function idsBefore(rest: string): readonly string[] {
  const ids: string[] = [];
  for (let end = rest.indexOf('_', 1); end !== -1; end = rest.indexOf('_', end + 1))
    ids.push(rest.slice(0, end));
  return ids;
}
