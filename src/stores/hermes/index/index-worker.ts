import Sqlite from 'better-sqlite3';
import { fileIdentity, isSameFile, type FileIdentity } from '../file/state-db-file.js';
import {
  ENDLESS_TURN,
  INDEX_SLOT,
  ReaderGate,
  turnsOf,
  type ReadingTurns,
  type SharedGate,
} from '../file/reader-gate.js';
import { readLayout } from '../file/layout.js';
import { outcomeOf, type ThreadOutcome } from '../threads/thread-outcome.js';
import {
  HistoryComparison,
  type ComparedRows,
  type ComparedMessages,
  type FactSlice,
} from './history-comparison.js';

/** What the index asks of its thread. */
export type IndexTask =
  | { readonly kind: 'begin'; readonly path: string; readonly gate: SharedGate }
  | { readonly kind: 'slice'; readonly afterRowid: number; readonly limit: number }
  | { readonly kind: 'compareRows'; readonly afterRowid: number; readonly limit: number }
  | { readonly kind: 'compareMessages'; readonly from: string };

/** The file that the thread reads, and where its messages ended when it began. */
interface IndexBeginning {
  readonly identity: FileIdentity;
  readonly newestRowid: number;
  readonly newestMessageId: number;
}

/** What each task answers. */
export interface IndexAnswers {
  readonly begin: IndexBeginning | undefined;
  readonly slice: FactSlice;
  readonly compareRows: ComparedRows | undefined;
  readonly compareMessages: ComparedMessages | undefined;
}

let comparison: HistoryComparison | undefined;
let turns: ReadingTurns = ENDLESS_TURN;

/** The body of the thread: one task after the other, on a read-only connection of its own. */
export default function run(task: IndexTask): ThreadOutcome<IndexAnswers[IndexTask['kind']]> {
  return outcomeOf(() => turns.take(() => answer(task)));
}

function answer(task: IndexTask): IndexAnswers[IndexTask['kind']] {
  switch (task.kind) {
    case 'begin':
      return begin(task);
    case 'slice':
      return comparison?.slice(task.afterRowid, task.limit) ?? EMPTY_SLICE;
    case 'compareRows':
      return comparison?.compareRows(task.afterRowid, task.limit);
    case 'compareMessages':
      return comparison?.compareMessages(task.from);
  }
}

const EMPTY_SLICE: FactSlice = {
  facts: [],
  messageIds: new Float64Array(0),
  messageCounts: new Int32Array(0),
};

/** @returns undefined where the path named another file before the connection was open than after. */
function begin({ path, gate }: Extract<IndexTask, { readonly kind: 'begin' }>): IndexBeginning | undefined {
  comparison?.close();
  comparison = undefined;
  const before = fileIdentity(path);
  const db = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: 2000 });
  db.pragma('temp_store = MEMORY');
  turns = turnsOf(db, new ReaderGate(gate, INDEX_SLOT));
  comparison = new HistoryComparison(db, readLayout(db));
  const identity = fileIdentity(path);
  if (identity === undefined || !isSameFile(before, identity)) return undefined;
  return { identity, ...comparison.ends() };
}
