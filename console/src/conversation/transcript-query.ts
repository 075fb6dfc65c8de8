import type { Question } from '../api/question.js';
import { readOpening, readPage, type Chunk, type Opening, type Transcript } from './transcript-chunks.js';

/** What all that is known of a transcript stands under. */
export function transcriptKey({ id, address }: Pick<Transcript, 'id' | 'address'>): readonly unknown[] {
  return ['messages', id, address];
}

/** How the page is asked for that a transcript is opened at. @param message undefined for its end. */
export function openingQuery(transcript: Transcript, message: number | undefined): Question<Opening> {
  return {
    queryKey: [...transcriptKey(transcript), 'at', message ?? 'end'],
    queryFn: ({ signal }) => readOpening(transcript, message, signal),
  };
}

/** How another page of it is asked for. */
export function transcriptPageQuery(transcript: Transcript, page: number): Question<Chunk> {
  return {
    queryKey: [...transcriptKey(transcript), page],
    queryFn: ({ signal }) => readPage(transcript, page, signal),
  };
}
