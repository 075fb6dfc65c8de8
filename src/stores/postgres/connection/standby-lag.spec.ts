import { StandbyLag } from './standby-lag.js';

describe('how far a standby is behind', () => {
  /** One measurement: the time, the standby's position, and the primary's position. */
  type Look = readonly [now: number, replayed: bigint, written: bigint];

  it.each<[string, readonly Look[], number]>([
    [
      'nothing where nothing is written',
      [
        [5, 7n, 7n],
        [10, 7n, 7n],
      ],
      0,
    ],
    [
      'what it took to come where the database was',
      [
        [5, 6n, 7n],
        [10, 7n, 9n],
        [15, 10n, 12n],
      ],
      5,
    ],
    [
      'all the time since it has replayed nothing more',
      [
        [5, 7n, 7n],
        [10, 7n, 8n],
        [15, 7n, 9n],
        [20, 7n, 9n],
      ],
      15,
    ],
    [
      'all the time in which it does not come where the database was',
      [
        [5, 7n, 9n],
        [10, 8n, 11n],
        [15, 8n, 13n],
      ],
      15,
    ],
    [
      'nothing once it has come there',
      [
        [5, 7n, 9n],
        [60, 8n, 11n],
        [65, 11n, 11n],
      ],
      0,
    ],
    [
      'all the time where it follows what the database was before',
      [
        [5, 9n, 9n],
        [10, 9n, 6n],
        [15, 9n, 8n],
        [20, 9n, 12n],
        [25, 9n, 13n],
      ],
      20,
    ],
  ])('is %s', (_what, looks, expected) => {
    const lag = new StandbyLag(0);
    for (const [now, replayed, written] of looks) lag.note(replayed, written, now);
    const [end = 0] = looks.at(-1) ?? [];
    expect(lag.at(end)).toBe(expected);
  });
});
