import { jest } from '@jest/globals';
import type { SessionEvent } from '@hermes-sessions/client';
import { Rereading } from '../../console/src/api/rereading.js';

type QueryClient = ConstructorParameters<typeof Rereading>[0];

type Filter = { readonly predicate: (query: { readonly queryKey: readonly unknown[] }) => boolean };

/** Answers that are held, which take so many milliseconds to be asked for again. */
class FakeQueries {
  readonly asked: { readonly at: number; readonly keys: readonly unknown[] }[] = [];
  takes = 0;
  fetching = 0;

  constructor(private readonly keys: readonly (readonly unknown[])[]) {}

  isFetching(): number {
    return this.fetching;
  }

  async invalidateQueries({ predicate }: Filter): Promise<void> {
    const keys = this.keys.filter((queryKey) => predicate({ queryKey })).map(([name, id]) => id ?? name);
    this.asked.push({ at: performance.now(), keys });
    this.fetching = 1;
    await new Promise((resolve) => setTimeout(resolve, this.takes));
    this.fetching = 0;
  }
}

const event = (more: Partial<SessionEvent>): SessionEvent => ({ type: 'message', ...more }) as SessionEvent;

describe('what is shown', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  const shown = (): { readonly queries: FakeQueries; readonly rereading: Rereading } => {
    const queries = new FakeQueries([
      ['list'],
      ['messages', 'a'],
      ['session', 'b'],
      ['statistics'],
      ['capabilities'],
    ]);
    return { queries, rereading: new Rereading(queries as unknown as QueryClient) };
  };

  it('is asked for again where something happened to it, once for all that happened together', async () => {
    const { queries, rereading } = shown();
    rereading.hear(event({ session_id: 'a' }));
    rereading.hear(event({ session_id: 'c' }));
    await jest.advanceTimersByTimeAsync(2000);
    expect(queries.asked.map(({ keys }) => keys)).toEqual([['list', 'a']]);
    rereading.hear(
      event({ session_id: 'd', session: { parent_session_id: 'b' } as SessionEvent['session'] }),
    );
    await jest.advanceTimersByTimeAsync(2000);
    rereading.hear(event({ type: 'resync' }));
    await jest.advanceTimersByTimeAsync(2000);
    expect(queries.asked.slice(1).map(({ keys }) => keys)).toEqual([
      ['list', 'b'],
      ['list', 'a', 'b', 'statistics', 'capabilities'],
    ]);
  });

  it('is asked for the more seldom the longer it takes, however much happens, and never twice at a time', async () => {
    const { queries, rereading } = shown();
    queries.takes = 1000;
    for (let at = 0; at < 600; at++) {
      rereading.hear(event({ session_id: 'a' }));
      await jest.advanceTimersByTimeAsync(50);
    }
    const gaps = queries.asked.slice(1).map(({ at }, index) => at - (queries.asked[index]?.at ?? 0));
    expect(gaps.length).toBeGreaterThan(3);
    for (const gap of gaps) {
      expect(gap).toBeGreaterThanOrEqual(5000);
      expect(gap).toBeLessThan(6000);
    }
  });

  it('is asked for again after an answer that was on its way when something happened', async () => {
    const { queries, rereading } = shown();
    queries.fetching = 1;
    rereading.hear(event({ session_id: 'a' }));
    await jest.advanceTimersByTimeAsync(3000);
    expect(queries.asked).toEqual([]);
    queries.fetching = 0;
    await jest.advanceTimersByTimeAsync(1000);
    expect(queries.asked.map(({ keys }) => keys)).toEqual([['list', 'a']]);
    rereading.hear(event({ session_id: 'a' }));
    rereading.stop();
    await jest.advanceTimersByTimeAsync(5000);
    expect(queries.asked).toHaveLength(1);
  });
});
