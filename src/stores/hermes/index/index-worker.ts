import { fileIdentity, isSameFile, type FileIdentity } from '../file/state-db-file.js';
import type { HistoryMoment } from '../file/layout.js';
import { newestRowid } from '../file/rowids.js';
import { countOf } from '../file/values.js';
import {
  ForgottenError,
  openThreadFile,
  outcomeOf,
  type ThreadOutcome,
  type ThreadSource,
} from '../threads/thread-file.js';
import type { IndexSource } from '../file/sqlite-reader.js';
import { HistoryComparison, type ComparedMessages, type ComparedRows } from './history-comparison.js';
import { checkpoint } from './index-file.js';
import { IndexBuilder } from './index-builder.js';

/** Tasks of the index for its thread. */
export type IndexTask =
  /** Starts a new index in an empty file. */
  | { readonly kind: 'begin'; readonly building: string }
  /** Continues after a row. */
  | { readonly kind: 'load'; readonly afterRowid: number; readonly limit: number }
  | { readonly kind: 'arrange'; readonly limit: number }
  | { readonly kind: 'finish' }
  /** Moves what was written from the journal of an index to its file. */
  | { readonly kind: 'checkpoint'; readonly index: string }
  | {
      readonly kind: 'compareRows';
      readonly index: IndexSource;
      readonly afterRowid: number;
      readonly limit: number;
    }
  | { readonly kind: 'compareMessages'; readonly index: IndexSource; readonly from: string }
  | { readonly kind: 'compareOwners'; readonly index: IndexSource; readonly from: string };

/** Which file is read, and where its rows ended at the beginning. */
export interface IndexBeginning {
  readonly identity: FileIdentity;
  readonly sessions: number;
  readonly newestRowid: number;
  readonly newestMessageId: number;
}

/** The result of each task. */
export interface IndexAnswers {
  readonly begin: IndexBeginning | undefined;
  /** The rowid to continue after; null at the end. */
  readonly load: number | null;
  /** Whether all chains are worked out. */
  readonly arrange: boolean;
  readonly finish: undefined;
  readonly checkpoint: undefined;
  readonly compareRows: ComparedRows;
  readonly compareMessages: ComparedMessages;
  readonly compareOwners: ComparedMessages;
}

/**
 * Page cache of this thread's connection for each file, in KiB. Small: each page is read once, in order, and the next commit makes all of them stale.
 */
const CACHE_KIB = 1000;

let file: HistoryMoment | undefined;
let builder: IndexBuilder | undefined;

/** Body of the thread: runs one task after the other on its own read-only connection. It ends when the file is reopened. */
export default function run(task: IndexTask & ThreadSource): ThreadOutcome<IndexAnswers[IndexTask['kind']]> {
  return outcomeOf(() => answer(task));
}

function answer(task: IndexTask & ThreadSource): IndexAnswers[IndexTask['kind']] {
  switch (task.kind) {
    case 'begin':
      return begin(task, task.building);
    case 'load':
      return begun().load(task.afterRowid, task.limit);
    case 'arrange':
      return begun().arrange(task.limit);
    case 'finish':
      begun().finish();
      builder = undefined;
      return undefined;
    case 'checkpoint':
      checkpoint(task.index);
      return undefined;
    case 'compareRows':
      return compare(task, task.index).compareRows(task.afterRowid, task.limit);
    case 'compareMessages':
      return compare(task, task.index).compareMessages(task.from);
    case 'compareOwners':
      return compare(task, task.index).compareOwners(task.from);
  }
}

/** The current builder. @throws {ForgottenError} if another thread began the build: this one would have only a part of it. */
function begun(): IndexBuilder {
  if (builder === undefined) throw new ForgottenError();
  return builder;
}

function compare(source: ThreadSource, index: IndexSource): HistoryComparison {
  const history = opened(source);
  history.reader.attach(index);
  history.reader.keepPages('known', CACHE_KIB);
  return new HistoryComparison(history);
}

function opened(source: ThreadSource): HistoryMoment {
  if (file === undefined) {
    file = openThreadFile(source);
    file.reader.keepPages('main', CACHE_KIB);
  }
  file.reader.follow(source.rewrites);
  return file;
}

/** @returns undefined if the file at the path was replaced while the connection was opened. */
function begin(source: ThreadSource, building: string): IndexBeginning | undefined {
  builder?.close();
  const before = fileIdentity(source.path);
  const history = opened(source);
  const { reader } = history;
  builder = new IndexBuilder(building, history);
  const ends = {
    newestRowid: newestRowid(reader),
    newestMessageId: countOf(reader.value('SELECT max(id) FROM messages')),
  };
  const sessions = countOf(reader.value('SELECT count(*) FROM sessions'));
  const identity = fileIdentity(source.path);
  if (identity === undefined || !isSameFile(before, identity)) return undefined;
  return { identity, sessions, ...ends };
}
