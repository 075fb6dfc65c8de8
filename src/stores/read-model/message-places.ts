import type { MessagePlace } from '../../sessions/transcript/message-place.js';

/** Nearly all messages `m` stand where they were inserted, which the primary key finds in order: clocks go back, ids do not. */
export const BY_ID = 'm.id';

/** Where messages are looked for beside a place, with the names of the parameters that say which. */
const SIDES = { '<': 'before', '<=': 'until', '>': 'behind' } as const;

/** SQL condition with its parameters: a message stands on one side of a place. @param order SQL for where messages stand, {@link BY_ID} for nearly all. */
export function beside(
  order: string,
  side: keyof typeof SIDES,
  { at, id }: MessagePlace,
): readonly [sql: string, parameters: Readonly<Record<string, number>>] {
  const name = SIDES[side];
  // No index is asked for a pair.
  const sql =
    order === BY_ID ? `m.id ${side} :${name}At` : `(${order}, m.id) ${side} (:${name}At, :${name}Id)`;
  return [sql, { [`${name}At`]: at, [`${name}Id`]: id }];
}
