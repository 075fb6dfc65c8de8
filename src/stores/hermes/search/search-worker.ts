import Sqlite from 'better-sqlite3';
import type { SessionMatchResponse } from '../../../sessions/dto/session.response.js';
import { readLayout, type Layout } from '../file/layout.js';
import { SqliteReader } from '../file/sqlite-reader.js';
import { isSqliteFailure } from '../file/sqlite-failure.js';
import { fileIdentity, isSameFile, type FileIdentity } from '../file/state-db-file.js';
import { SharedMessageOwners, type OwnerBlocks } from '../index/message-owners.js';
import { Deadline, DeadlineError } from './deadline.js';
import { readExcerpts } from './excerpts.js';
import { HistorySearch, type SearchFindings } from './history-search.js';
import { parseSearch } from './search-query.js';

/** What the server asks of a search thread; `timeLimit` in milliseconds. */
export type SearchTask =
  | {
      readonly kind: 'find';
      readonly path: string;
      readonly text: string;
      readonly ranked: boolean;
      readonly owners: OwnerBlocks;
      readonly timeLimit: number;
    }
  | {
      readonly kind: 'excerpts';
      readonly path: string;
      readonly text: string;
      readonly messageIds: readonly number[];
    };

/** What each task gives. */
export interface SearchAnswers {
  readonly find: SearchFindings | undefined;
  readonly excerpts: ReadonlyMap<number, SessionMatchResponse>;
}

/** A task's outcome; failures are told as data, since errors lose their class between threads. */
export type SearchOutcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

interface OpenFile {
  readonly identity: FileIdentity;
  readonly reader: SqliteReader;
  readonly layout: Layout;
  readonly search: HistorySearch;
}

/** How long SQLite waits for a lock; it only blocks this thread. Milliseconds. */
const LOCK_WAIT = 2000;

let open: OpenFile | undefined;

/** The body of a search thread, on a read-only connection of its own. */
export default function run(task: SearchTask): SearchOutcome<SearchAnswers[SearchTask['kind']]> {
  try {
    return { kind: 'done', value: answer(task) };
  } catch (error) {
    if (error instanceof DeadlineError) return { kind: 'timeout' };
    if (isSqliteFailure(error)) return { kind: 'failed', code: error.code, message: error.message };
    throw error;
  }
}

function answer(task: SearchTask): SearchAnswers[SearchTask['kind']] {
  const { search, reader, layout } = currentFile(task.path);
  if (task.kind === 'find') {
    return search.find({
      text: task.text,
      ranked: task.ranked,
      owners: new SharedMessageOwners(task.owners),
      deadline: new Deadline(task.timeLimit),
    });
  }
  const query = parseSearch(task.text);
  return query === undefined ? new Map() : readExcerpts(reader, layout, query, task.messageIds);
}

/** The file that the path names now, opened anew where the owner has put another in its place. */
function currentFile(path: string): OpenFile {
  const identity = fileIdentity(path);
  if (open !== undefined && isSameFile(identity, open.identity)) return open;
  open?.reader.db.close();
  open = undefined;
  const db = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: LOCK_WAIT });
  const reader = new SqliteReader(db);
  const layout = readLayout(db);
  const search = new HistorySearch(reader, layout);
  if (identity !== undefined) open = { identity, reader, layout, search };
  return { identity: identity ?? { device: 0, inode: 0 }, reader, layout, search };
}
