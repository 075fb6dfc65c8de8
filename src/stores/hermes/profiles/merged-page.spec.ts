import fc from 'fast-check';
import type { Cursor } from '../../../domain/cursor.js';
import { placeBehind, type SampledPlaces } from './merged-page.js';

/** Places of lists with these lengths, interleaved and with ties. */
function listsOf(lengths: readonly number[]): readonly (readonly Cursor[])[] {
  return lengths.map((length, list) =>
    Array.from({ length }, (_place, at) => ({
      sort: 'started_at' as const,
      value: Math.floor((at * (list + 1)) / 3),
      startedAt: at,
      id: `s${at}`,
      profile: `p${list}`,
    })),
  );
}

function compare(a: Cursor, b: Cursor): number {
  return (
    a.value - b.value ||
    a.startedAt - b.startedAt ||
    Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)) ||
    Buffer.compare(Buffer.from(a.profile), Buffer.from(b.profile))
  );
}

/** Reads lists, and counts the places returned. */
function reading(lists: readonly (readonly Cursor[])[]): {
  readonly places: SampledPlaces;
  readonly given: () => number;
} {
  let given = 0;
  const places: SampledPlaces = (after, { every, most }) => {
    const sampled = lists.flatMap((list, at) => {
      const place = after.get(`p${at}`);
      const begin = place === undefined ? 0 : list.indexOf(place) + 1;
      return list
        .slice(begin)
        .filter((_place, nth) => (nth + 1) % every === 0)
        .slice(0, most);
    });
    given += sampled.length;
    return Promise.resolve(sampled);
  };
  return { places, given: () => given };
}

describe('the place behind so many entries of several lists', () => {
  it('is where it is in all of them together', async () => {
    const property = fc.asyncProperty(
      fc.array(fc.nat(6000), { minLength: 2, maxLength: 6 }),
      fc.nat(20_000),
      async (lengths, offset) => {
        const lists = listsOf(lengths);
        const together = lists.flat().sort(compare);
        const found = await placeBehind(lengths.length, 'started_at', offset + 1, reading(lists).places);
        expect(found).toEqual(together[offset]);
      },
    );
    await fc.assert(property, { numRuns: 60, seed: 20_260_501 });
  });

  it.each([1, 2001, 1e9])(
    'is none where there are no lists, however many entries are skipped: %d',
    async (offset) => {
      let looks = 0;
      const places: SampledPlaces = () =>
        ++looks < 10 ? Promise.resolve([]) : Promise.reject(new Error('It looks on and on.'));
      expect(await placeBehind(0, 'started_at', offset, places)).toBeUndefined();
    },
  );

  it('is found by looking at few of many places, also where there is none', async () => {
    const lists = listsOf([100_000, 100_000, 100_000, 100_000, 100_000]);
    for (const offset of [499_999, 250_000, 1_000_000, Number.MAX_SAFE_INTEGER]) {
      const { places, given } = reading(lists);
      const found = await placeBehind(lists.length, 'started_at', offset, places);
      expect(found === undefined).toBe(offset > 500_000);
      expect(given()).toBeLessThan(15_000);
    }
  });
});
