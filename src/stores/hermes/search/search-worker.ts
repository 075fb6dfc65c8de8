import type { SessionMatch } from '../../../domain/session.js';
import type { SessionPageRequest } from '../../../sessions/session-query.js';
import type { HistoryMoment } from '../file/layout.js';
import type { IndexSource } from '../file/sqlite-reader.js';
import { openThreadFile, outcomeOf, type ThreadOutcome, type ThreadSource } from '../threads/thread-file.js';
import { Deadline } from '../../../sessions/search/deadline.js';
import { readExcerpts, type EntryHit } from './excerpts.js';
import { HistorySearch, type SearchFindings } from './history-search.js';
import {
  readSupplement,
  type IndexSupplement,
  type SupplementPlace,
  type SupplementSlice,
} from './index-supplement.js';
import { searchTranscript, type TranscriptSearchRequest } from './transcript-search.js';
import type { FoundMessages } from '../../../sessions/transcript/found-messages.js';
import { parseSearch } from '../../../sessions/search/search-query.js';

/** Tasks of the server for a search thread. */
export type SearchTask =
  | {
      readonly kind: 'find';
      readonly index: IndexSource;
      readonly text: string;
      readonly request: SessionPageRequest;
      readonly every: number;
      readonly profile: string;
      readonly supplement: IndexSupplement | undefined;
    }
  | { readonly kind: 'excerpts'; readonly text: string; readonly hits: readonly EntryHit[] }
  | (TranscriptSearchRequest & { readonly kind: 'transcript' })
  | { readonly kind: 'supplement'; readonly place: SupplementPlace };

/** A task as passed to a thread; `timeLimit` in milliseconds. */
type TaskOnThread = SearchTask & ThreadSource & { readonly timeLimit: number };

/** The result of each task. */
export interface SearchAnswers {
  readonly find: SearchFindings | undefined;
  readonly excerpts: ReadonlyMap<number, SessionMatch>;
  readonly transcript: FoundMessages;
  readonly supplement: SupplementSlice;
}

interface OpenFile extends HistoryMoment {
  readonly search: HistorySearch;
}

let open: OpenFile | undefined;

/** Body of a search thread, on its own read-only connection. It ends when the file is reopened. */
export default function run(task: TaskOnThread): ThreadOutcome<SearchAnswers[SearchTask['kind']]> {
  return outcomeOf(() => answer(task));
}

function answer(task: TaskOnThread): SearchAnswers[SearchTask['kind']] {
  open ??= openFile(task);
  const { search, reader } = open;
  reader.follow(task.rewrites);
  switch (task.kind) {
    case 'find':
      reader.attach(task.index);
      return search.find({ ...task, deadline: new Deadline(task.timeLimit) });
    case 'excerpts': {
      const query = parseSearch(task.text);
      return query === undefined ? new Map() : readExcerpts(open, query, task.hits);
    }
    case 'transcript':
      return searchTranscript(open, task, new Deadline(task.timeLimit));
    case 'supplement':
      return readSupplement(open, task.place);
  }
}

function openFile(source: ThreadSource): OpenFile {
  const file = openThreadFile(source);
  return { ...file, search: new HistorySearch(file) };
}
