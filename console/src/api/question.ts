import type { QueryKey } from '@tanstack/react-query';

/** A query to the server with its cache key. */
export interface Question<T> {
  readonly queryKey: QueryKey;
  readonly queryFn: (context: { readonly signal: AbortSignal }) => Promise<T>;
}
