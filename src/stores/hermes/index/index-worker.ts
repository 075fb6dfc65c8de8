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

/** What the index asks of its thread. */
export type IndexTask =
  /** Begins to make a new index in an empty file. */
  | { readonly kind: 'begin'; readonly building: string }
  /** Goes on behind a row. */
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

/** The file that is read, and where its rows ended when that began. */
export interface IndexBeginning {
  readonly identity: FileIdentity;
  readonly sessions: number;
  readonly newestRowid: number;
  readonly newestMessageId: number;
}

/** What each task answers. */
export interface IndexAnswers {
  readonly begin: IndexBeginning | undefined;
  /** Behind which row to go on; null at the end. */
  readonly load: number | null;
  /** Whether all chains are worked out. */
  readonly arrange: boolean;
  readonly finish: undefined;
  readonly checkpoint: undefined;
  readonly compareRows: ComparedRows;
  readonly compareMessages: ComparedMessages;
  readonly compareOwners: ComparedMessages;
}

/** Pages that a connection of this thread keeps, of each file: each is read once, in order, and the next commit makes all of them stale. */
const CACHE_KIB = 1000;

let file: HistoryMoment | undefined;
let builder: IndexBuilder | undefined;

/** The body of the thread: one task after the other, on a read-only connection of its own. It ends when the file is opened anew. */
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

/** @throws {ForgottenError} where another thread had begun it: what this one made would be taken for the whole. */
function begun(): IndexBuilder {
  if (builder === undefined) throw new ForgottenError();
  return builder;
}

function compare(source: ThreadSource, index: IndexSource): HistoryComparison {
  const { reader, layout } = opened(source);
  reader.attach(index);
  reader.keepPages('known', CACHE_KIB);
  return new HistoryComparison(reader, layout);
}

function opened(source: ThreadSource): HistoryMoment {
  if (file === undefined) {
    file = openThreadFile(source);
    file.reader.keepPages('main', CACHE_KIB);
  }
  file.reader.follow(source.rewrites);
  return file;
}

/** @returns undefined where the path named another file before the connection was open than after. */
function begin(source: ThreadSource, building: string): IndexBeginning | undefined {
  builder?.close();
  const before = fileIdentity(source.path);
  const { reader, layout } = opened(source);
  builder = new IndexBuilder(building, reader, layout);
  const ends = {
    newestRowid: newestRowid(reader),
    newestMessageId: countOf(reader.value('SELECT max(id) FROM messages')),
  };
  const sessions = countOf(reader.value('SELECT count(*) FROM sessions'));
  const identity = fileIdentity(source.path);
  if (identity === undefined || !isSameFile(before, identity)) return undefined;
  return { identity, sessions, ...ends };
}
