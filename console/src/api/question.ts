import type { QueryKey } from '@tanstack/react-query';

/** What the server is asked, and under which name its answer is kept. */
export interface Question<T> {
  readonly queryKey: QueryKey;
  readonly queryFn: (context: { readonly signal: AbortSignal }) => Promise<T>;
}
