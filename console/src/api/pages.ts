import {
  keepPreviousData,
  useQueries,
  useQuery,
  useQueryClient,
  type UseQueryResult,
} from '@tanstack/react-query';
import type { Question } from './question.js';

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
  /** The place of the first loaded item that is meant; undefined where none is loaded. */
  readonly placeOf: (isMeant: (item: T) => boolean) => number | undefined;
  /** The items from one place to another, which are loaded where they are not yet. */
  readonly read: (from: number, to: number) => Promise<readonly T[]>;
  /** The first page, which also tells of the list as a whole. */
  readonly first: UseQueryResult<P>;
  readonly error: Error | null;
}

/** Where the pages of a list come from. */
export interface PageSource<P> {
  readonly key: readonly unknown[];
  /** Items of a page. */
  readonly size: number;
  readonly load: (offset: number, signal: AbortSignal) => Promise<P>;
  /** How the first page is shown, where not as it came. */
  readonly arrange?: (first: P) => P;
}

/** How one page of a list is asked for. */
export function pageQuery<P>({ key, size, load }: PageSource<P>, page: number): Question<P> {
  return {
    queryKey: [...key, page],
    queryFn: ({ signal }) => load(page * size, signal),
  };
}

/**
 * Loads the pages that some places are on; the first one always.
 * @param places of the first and the last item that is looked at.
 * @param isWanted whether anything is loaded at all.
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
