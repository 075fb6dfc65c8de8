import { lstat, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';

const DUMP_PREFIX = 'request_dump_';

/** What happened to the transcript files of deleted sessions. */
export interface TranscriptRemoval {
  readonly removed: readonly string[];
  readonly failed: readonly { readonly name: string; readonly error: unknown }[];
}

/**
 * Removes the files that old releases of Hermes kept for sessions: `<id>.json`, `<id>.jsonl` and
 * `request_dump_<id>_*.json`. Only plain files that lie directly in `folder` are touched.
 * @param isSession tells whether an id is one of a session that still exists: `request_dump_a_b_1.json`
 *   may belong to `a_b` rather than to `a`.
 */
export async function removeTranscriptFiles(
  folder: string,
  ids: readonly string[],
  isSession: (id: string) => boolean,
): Promise<TranscriptRemoval> {
  const removed: string[] = [];
  const failed: { name: string; error: unknown }[] = [];
  const names = await filesOf(folder);
  for (const id of ids.filter(isPlainName)) {
    for (const name of names.filter((candidate) => belongsTo(candidate, id, isSession))) {
      try {
        if (!(await lstat(join(folder, name))).isFile()) continue;
        await unlink(join(folder, name));
        removed.push(name);
      } catch (error) {
        failed.push({ name, error });
      }
    }
  }
  return { removed, failed };
}

/**
 * Names of transcript files that no session has any more: a deletion was cut short, or they are older than the
 * history.
 */
export async function strayTranscriptFiles(
  folder: string,
  isSession: (id: string) => boolean,
): Promise<readonly string[]> {
  return (await filesOf(folder)).filter((name) => {
    const ids = ownersOf(name);
    return ids.length > 0 && !ids.some(isSession);
  });
}

/** Ids of the sessions that a file can belong to by its name; none for a file of another kind. */
function ownersOf(name: string): readonly string[] {
  if (name.startsWith(DUMP_PREFIX) && name.endsWith('.json'))
    return idsWithin(name.slice(DUMP_PREFIX.length, -'.json'.length), 0);
  const [, id] = /^(.+)\.jsonl?$/.exec(name) ?? [];
  return id === undefined ? [] : [id];
}

/** The names in a folder; none where it is missing or only a link to somewhere else. */
async function filesOf(folder: string): Promise<readonly string[]> {
  try {
    return (await lstat(folder)).isDirectory() ? await readdir(folder) : [];
  } catch {
    return [];
  }
}

/** Any text is a legal id, but only a plain name can be a file of this folder. */
function isPlainName(id: string): boolean {
  return id !== '' && !/[/\\\u0000]/.test(id) && id !== '.' && id !== '..';
}

function belongsTo(name: string, id: string, isSession: (id: string) => boolean): boolean {
  if (name === `${id}.json` || name === `${id}.jsonl`) return true;
  if (!name.startsWith(`${DUMP_PREFIX}${id}_`) || !name.endsWith('.json')) return false;
  const rest = name.slice(DUMP_PREFIX.length, -'.json'.length);
  return !idsWithin(rest, id.length + 1).some(isSession);
}

/** Every id that the rest of a dump's name could begin with, if its end comes at `from` or later. */
function idsWithin(rest: string, from: number): readonly string[] {
  const ids: string[] = [];
  for (let end = rest.indexOf('_', from); end !== -1; end = rest.indexOf('_', end + 1)) {
    ids.push(rest.slice(0, end));
  }
  return ids;
}
