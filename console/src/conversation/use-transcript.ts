import type { MessageResponse } from '@hermes-sessions/client';
import { keepPreviousData, useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { show } from '../view/use-view.js';
import { PAGE, type Chunk, type Opening, type Transcript } from './transcript-chunks.js';
import { openingQuery, transcriptPageQuery } from './transcript-query.js';

/** Indexes of the first and last displayed message. */
export interface Places {
  readonly first: number;
  readonly last: number;
}

/** A transcript that loads only what is displayed. */
export interface LoadedTranscript {
  readonly total: number;
  /** The message at an index; undefined while it is loading. */
  readonly at: (index: number) => MessageResponse | undefined;
  /** The chunk at which it is opened; undefined while it is loading. */
  readonly opening: Opening | undefined;
  readonly isLoading: boolean;
  readonly error: Error | null;
  readonly readAgain: () => void;
}

/**
 * Loads the chunk at which a transcript is opened, and the pages of the displayed range.
 * @param message the message to open at; the end if undefined.
 * @param places the displayed range, once it is known.
 */
export function useTranscript(
  transcript: Transcript,
  message: number | undefined,
  places: Places | undefined,
): LoadedTranscript {
  const opening = useQuery({ ...openingQuery(transcript, message), placeholderData: keepPreviousData });
  const pages = useQueries({
    queries: pagesOf(places, opening.data).map((page) => transcriptPageQuery(transcript, page)),
  });
  useFoundInstead(transcript, message, opening.isPlaceholderData ? undefined : opening.data);
  const all = [opening, ...pages];
  const chunks = all.flatMap(({ data, dataUpdatedAt: time }) => (data === undefined ? [] : [{ data, time }]));
  // The most recently loaded chunk has the best total and the current versions of its messages.
  const newest = chunks.sort((one, other) => other.time - one.time).map(({ data }): Chunk => data);
  return {
    total: newest[0]?.total ?? 0,
    at: (index) => messageAt(newest, index),
    opening: opening.isPlaceholderData ? undefined : opening.data,
    isLoading: opening.isFetching,
    error: all.find(({ error }) => error !== null)?.error ?? null,
    readAgain: () => {
      for (const query of all) if (query.isError) void query.refetch();
    },
  };
}

/** If the target message is gone, the address changes to the message shown instead, so that the missing one is not requested again. */
function useFoundInstead(
  transcript: Transcript,
  message: number | undefined,
  opening: Opening | undefined,
): void {
  const queries = useQueryClient();
  useEffect(() => {
    if (message === undefined || opening === undefined || opening.at?.id === message) return;
    queries.setQueryData(openingQuery(transcript, opening.at?.id).queryKey, opening);
    show({ message: opening.at?.id }, 'replace');
  }, [transcript, message, opening, queries]);
}

/** The pages of a range that are not part of the opening chunk. */
function pagesOf(places: Places | undefined, opening: Opening | undefined): readonly number[] {
  if (places === undefined || opening === undefined) return [];
  const end = opening.start + opening.messages.length;
  const last = Math.min(places.last, opening.total - 1);
  const pages = new Set<number>();
  for (let index = places.first; index <= last; index++)
    if (index < opening.start || index >= end) pages.add(Math.floor(index / PAGE));
  return [...pages];
}

function messageAt(chunks: readonly Chunk[], index: number): MessageResponse | undefined {
  const chunk = chunks.find(({ start, messages }) => index >= start && index < start + messages.length);
  return chunk?.messages[index - chunk.start];
}
