import type { Question } from '../api/question.js';
import { readOpening, readPage, type Chunk, type Opening, type Transcript } from './transcript-chunks.js';

/** The common prefix of the cache keys of a transcript. */
export function transcriptKey({ id, address }: Pick<Transcript, 'id' | 'address'>): readonly unknown[] {
  return ['messages', id, address];
}

/** The query for the chunk at which a transcript is opened. @param message undefined for its end. */
export function openingQuery(transcript: Transcript, message: number | undefined): Question<Opening> {
  return {
    queryKey: [...transcriptKey(transcript), 'at', message ?? 'end'],
    queryFn: ({ signal }) => readOpening(transcript, message, signal),
  };
}

/** The query for a page of a transcript. */
export function transcriptPageQuery(transcript: Transcript, page: number): Question<Chunk> {
  return {
    queryKey: [...transcriptKey(transcript), page],
    queryFn: ({ signal }) => readPage(transcript, page, signal),
  };
}
