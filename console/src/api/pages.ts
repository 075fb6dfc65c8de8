import {
  keepPreviousData,
  useQueries,
  useQuery,
  useQueryClient,
  type UseQueryResult,
} from '@tanstack/react-query';
import type { Question } from './question.js';

/** The required properties of a page of a long list. */
interface Page<T> {
  readonly data: readonly T[];
  readonly total: number;
}

/** A list that loads only what is displayed. */
export interface PagedList<T, P extends Page<T>> {
  readonly total: number;
  /** The item at an index; undefined while it is loading. */
  readonly at: (index: number) => T | undefined;
  /** The index of the first loaded item that matches; undefined if none does. */
  readonly placeOf: (isMeant: (item: T) => boolean) => number | undefined;
  /** The items of a range, loaded if necessary. */
  readonly read: (from: number, to: number) => Promise<readonly T[]>;
  /** The first page, which also describes the whole list. */
  readonly first: UseQueryResult<P>;
  readonly error: Error | null;
}

/** How the pages of a list are loaded. */
export interface PageSource<P> {
  readonly key: readonly unknown[];
  /** Items per page. */
  readonly size: number;
  readonly load: (offset: number, signal: AbortSignal) => Promise<P>;
  /** Rearranges the first page for display. */
  readonly arrange?: (first: P) => P;
}

/** The query for one page of a list. */
export function pageQuery<P>({ key, size, load }: PageSource<P>, page: number): Question<P> {
  return {
    queryKey: [...key, page],
    queryFn: ({ signal }) => load(page * size, signal),
  };
}

/**
 * Loads the pages that contain some items, and always the first one.
 * @param places indexes of the first and the last displayed item.
 * @param isWanted whether to load anything at all.
 */
export function usePagedList<T, P extends Page<T>>(
  source: PageSource<P>,
  places: { readonly first: number; readonly last: number },
  isWanted = true,
): PagedList<T, P> {
  const { size } = source;
  const queries = useQueryClient();
  const optionsOf = (page: number) => ({ ...pageQuery(source, page), enabled: isWanted });
  const first = useQuery({ ...optionsOf(0), placeholderData: keepPreviousData });
  const begin = Math.floor(places.first / size);
  const wanted = Array.from({ length: Math.floor(places.last / size) - begin + 1 }, (_, at) => begin + at);
  const pages = useQueries({ queries: wanted.map(optionsOf) });
  const shown = (page: number, data: P): P => (page === 0 ? (source.arrange?.(data) ?? data) : data);
  const firstData = first.data === undefined || first.isPlaceholderData ? first.data : shown(0, first.data);
  const byPage = new Map<number, P | undefined>([[0, firstData]]);
  for (const [at, page] of wanted.entries()) {
    const data = pages[at]?.data;
    if (page > 0 && data !== undefined) byPage.set(page, data);
  }
  return {
    total: first.data?.total ?? 0,
    at: (index) => byPage.get(Math.floor(index / size))?.data[index % size],
    placeOf: (isMeant) => {
      for (const [page, loaded] of byPage) {
        const at = loaded?.data.findIndex(isMeant) ?? -1;
        if (at >= 0) return page * size + at;
      }
      return undefined;
    },
    read: async (from, to) => {
      const items: T[] = [];
      for (let page = Math.floor(from / size); page <= Math.floor(to / size); page++) {
        const loaded = await queries.query({ ...optionsOf(page), staleTime: 'static' });
        const { data } = shown(page, loaded);
        items.push(...data.slice(Math.max(0, from - page * size), to - page * size + 1));
      }
      return items;
    },
    first,
    error: first.error ?? pages.find(({ error }) => error !== null)?.error ?? null,
  };
}
