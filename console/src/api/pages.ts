import { keepPreviousData, useQueries, useQuery, type UseQueryResult } from '@tanstack/react-query';

/** What one page of a long list needs to have. */
interface Page<T> {
  readonly data: readonly T[];
  readonly total: number;
}

/** A list of which only what is looked at is loaded. */
export interface PagedList<T, P extends Page<T>> {
  readonly total: number;
  /** The item at a place; undefined while it is on its way. */
  readonly at: (index: number) => T | undefined;
  /** The first page, which also tells of the list as a whole. */
  readonly first: UseQueryResult<P>;
  readonly error: Error | null;
}

/**
 * Loads the pages that some places are on; the first one always.
 * @param places of the first and the last item that is looked at.
 */
export function usePagedList<T, P extends Page<T>>(
  key: readonly unknown[],
  size: number,
  places: { readonly first: number; readonly last: number },
  load: (offset: number, signal: AbortSignal) => Promise<P>,
): PagedList<T, P> {
  const optionsOf = (page: number) => ({
    queryKey: [...key, page],
    queryFn: ({ signal }: { readonly signal: AbortSignal }) => load(page * size, signal),
  });
  const first = useQuery({ ...optionsOf(0), placeholderData: keepPreviousData });
  const begin = Math.floor(places.first / size);
  const wanted = Array.from({ length: Math.floor(places.last / size) - begin + 1 }, (_, at) => begin + at);
  const pages = useQueries({ queries: wanted.map(optionsOf) });
  const byPage = new Map<number, P | undefined>([[0, first.data]]);
  for (const [at, page] of wanted.entries()) byPage.set(page, pages[at]?.data ?? byPage.get(page));
  return {
    total: first.data?.total ?? 0,
    at: (index) => byPage.get(Math.floor(index / size))?.data[index % size],
    first,
    error: first.error ?? pages.find(({ error }) => error !== null)?.error ?? null,
  };
}
