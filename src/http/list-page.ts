/** The shape of every list answer. `total` is the exact number of entries that paging through the same query yields. */
export interface ListPage<T> {
  readonly object: 'list';
  readonly data: readonly T[];
  readonly total: number;
  readonly has_more: boolean;
}
