import type { MessageResponse } from '@hermes-sessions/client';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { excerptParts } from '../../excerpt.js';
import { understand } from '../../list/search-words.js';
import type { Transcript } from '../transcript-chunks.js';
import { transcriptKey } from '../transcript-query.js';

/** Maximum number of hits in one answer of the server. */
const MOST = 500;

/** Search results inside a conversation. */
export interface Hits {
  /** In transcript order. */
  readonly messages: readonly MessageResponse[];
  readonly total: number;
  /** The matched texts as they occur in the messages. */
  readonly words: readonly string[];
}

const NONE: Hits = { messages: [], total: 0, words: [] };

/** The messages of a conversation that match a text. @returns undefined while they are loading. */
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

/** The texts that the server marked in its snippets: only the server knows exactly what matches. */
function wordsIn(messages: readonly MessageResponse[]): readonly string[] {
  const hits = messages.flatMap(({ snippet = '' }) => excerptParts(snippet).filter(({ isHit }) => isHit));
  return [...new Set(hits.map(({ text }) => text.toLowerCase()))];
}
