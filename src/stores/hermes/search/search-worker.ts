import type { SessionMatch } from '../../../domain/session.js';
import type { SessionPageRequest } from '../../../sessions/session-query.js';
import type { IndexedSource } from '../index/index-worker.js';
import { openThreadFile, type ThreadFile, type ThreadSource } from '../threads/thread-file.js';
import { outcomeOf, type ThreadOutcome } from '../threads/thread-outcome.js';
import { Deadline, DeadlineError } from '../../../sessions/search/deadline.js';
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

/** What the server asks of a search thread; `timeLimit` in milliseconds. */
export type SearchTask =
  | (IndexedSource & {
      readonly kind: 'find';
      readonly text: string;
      readonly request: SessionPageRequest;
      readonly every: number;
      readonly profile: string;
      readonly supplement: IndexSupplement | undefined;
      readonly timeLimit: number;
    })
  | (ThreadSource & {
      readonly kind: 'excerpts';
      readonly text: string;
      readonly hits: readonly EntryHit[];
    })
  | (ThreadSource & TranscriptSearchRequest & { readonly kind: 'transcript'; readonly timeLimit: number })
  | (ThreadSource & { readonly kind: 'supplement'; readonly place: SupplementPlace });

/** What each task gives. */
export interface SearchAnswers {
  readonly find: SearchFindings | undefined;
  readonly excerpts: ReadonlyMap<number, SessionMatch>;
  readonly transcript: FoundMessages;
  readonly supplement: SupplementSlice;
}

/** A task's outcome, or that it took too long. */
export type SearchOutcome<T> = ThreadOutcome<T> | { readonly kind: 'timeout' };

interface OpenFile extends ThreadFile {
  readonly search: HistorySearch;
}

let open: OpenFile | undefined;

/** The body of a search thread, on a read-only connection of its own. It ends when the file is opened anew. */
export default function run(task: SearchTask): SearchOutcome<SearchAnswers[SearchTask['kind']]> {
  try {
    return outcomeOf(() => answer(task));
  } catch (error) {
    if (error instanceof DeadlineError) return { kind: 'timeout' };
    throw error;
  }
}

function answer(task: SearchTask): SearchAnswers[SearchTask['kind']] {
  open ??= openFile(task);
  const { search, reader, layout } = open;
  switch (task.kind) {
    case 'find':
      reader.attach(task.index);
      return search.find({ ...task, deadline: new Deadline(task.timeLimit) });
    case 'excerpts': {
      const query = parseSearch(task.text);
      return query === undefined ? new Map() : readExcerpts(reader, layout, query, task.hits);
    }
    case 'transcript':
      return searchTranscript(reader, layout, task, new Deadline(task.timeLimit));
    case 'supplement':
      return readSupplement(reader, layout, task.place);
  }
}

function openFile(task: SearchTask): OpenFile {
  const file = openThreadFile(task);
  return { ...file, search: new HistorySearch(file.reader, file.layout) };
}
