import type { MessageResponse } from '@hermes-sessions/client';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { excerptParts } from '../../excerpt.js';
import { understand } from '../../list/search-words.js';
import type { Transcript } from '../transcript-chunks.js';
import { transcriptKey } from '../transcript-query.js';

/** Hits of one request, the most that the server gives. */
const MOST = 500;

/** What was found inside a conversation. */
export interface Hits {
  /** In the order of the conversation. */
  readonly messages: readonly MessageResponse[];
  readonly total: number;
  /** Texts that were hits, as they stand in the messages. */
  readonly words: readonly string[];
}

const NONE: Hits = { messages: [], total: 0, words: [] };

/** The messages of a conversation that match a text. @returns undefined while they are on their way. */
export function useHits(
  transcript: Transcript,
  text: string,
): { readonly hits: Hits | undefined; readonly error: Error | null } {
  const { history, id, address } = transcript;
  const search = understand(text).query;
  const isWanted = search !== '';
  const { data, error, isPlaceholderData } = useQuery({
    queryKey: [...transcriptKey(transcript), 'hits', search],
    queryFn: async ({ signal }) => {
      const query = { ...address, lineage: true, search, limit: MOST };
      const { data: messages, total } = await history.messages(id, query, { signal });
      return { messages, total, words: wordsIn(messages) };
    },
    placeholderData: keepPreviousData,
    enabled: isWanted,
  });
  if (!isWanted) return { hits: NONE, error: null };
  return { hits: isPlaceholderData ? undefined : data, error };
}

/** What the server marked in its excerpts: it knows best what a text finds. */
function wordsIn(messages: readonly MessageResponse[]): readonly string[] {
  const hits = messages.flatMap(({ snippet = '' }) => excerptParts(snippet).filter(({ isHit }) => isHit));
  return [...new Set(hits.map(({ text }) => text.toLowerCase()))];
}
