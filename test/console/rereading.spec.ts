import { jest } from '@jest/globals';
import type { SessionEvent } from '@hermes-sessions/client';
import { Rereading } from '../../console/src/api/rereading.js';

type QueryClient = ConstructorParameters<typeof Rereading>[0];

type Key = readonly unknown[];

interface FakeQuery {
  readonly queryKey: Key;
}

interface Filter {
  readonly predicate: (query: FakeQuery) => boolean;
}

/** Answers that are held. */
class FakeQueries {
  readonly asked: { readonly at: number; readonly key: Key }[] = [];
  /** Milliseconds that each takes to be asked for again, by the first name of its key. */
  readonly takes = new Map<unknown, number>();
  readonly fetching = new Set<Key>();

  readonly #held: readonly FakeQuery[];

  constructor(keys: readonly Key[]) {
    this.#held = keys.map((queryKey) => ({ queryKey }));
  }

  getQueryCache(): { readonly getAll: () => readonly FakeQuery[] } {
    // What was asked for last is not there yet.
    return { getAll: () => this.#held.slice(0, -1) };
  }

  isFetching({ predicate }: Filter): number {
    return [...this.fetching].filter((queryKey) => predicate({ queryKey })).length;
  }

  async invalidateQueries({ predicate }: Filter): Promise<void> {
    await Promise.all(
      this.#held.filter(predicate).map(async ({ queryKey: key }) => {
        this.asked.push({ at: performance.now(), key });
        this.fetching.add(key);
        await new Promise((resolve) => setTimeout(resolve, this.takes.get(key[0]) ?? 0));
        this.fetching.delete(key);
      }),
    );
  }

  /** What was asked for again since this was called last, each once. */
  again(): readonly string[] {
    return [...new Set(this.asked.splice(0).map(({ key }) => key.join(' ')))].sort();
  }

  /** Milliseconds between askings for what has a name. */
  gapsOf(name: string): readonly number[] {
    const times = this.asked.filter(({ key }) => key[0] === name).map(({ at }) => at);
    return times.slice(1).map((at, index) => at - (times[index] ?? 0));
  }
}

const event = (more: Partial<SessionEvent>): SessionEvent =>
  ({ type: 'message.created', ...more }) as SessionEvent;

describe('what is shown', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  const shown = (): { readonly queries: FakeQueries; readonly rereading: Rereading } => {
    const queries = new FakeQueries([
      ...[['list'], ['messages', 'a'], ['session', 'b']],
      ...[['statistics'], ['capabilities'], ['trash'], ['session', 'asked for later']],
    ]);
    return { queries, rereading: new Rereading(queries as unknown as QueryClient) };
  };

  it('is asked for again where something happened to it, once for all that happened together', async () => {
    const { queries, rereading } = shown();
    const againAfter = async (happening: Parameters<Rereading['hear']>[0]): Promise<readonly string[]> => {
      rereading.hear(happening);
      await jest.advanceTimersByTimeAsync(2000);
      return queries.again();
    };
    rereading.hear(event({ session_id: 'a' }));
    expect(await againAfter(event({ session_id: 'c' }))).toEqual(['list', 'messages a']);
    const child = { parent_session_id: 'b' } as SessionEvent['session'];
    expect(await againAfter(event({ session_id: 'd', session: child }))).toEqual(['list', 'session b']);
    expect(await againAfter(event({ type: 'session.deleted', session_id: 'c' }))).toEqual(['list', 'trash']);
    rereading.begin();
    await jest.advanceTimersByTimeAsync(2000);
    expect(queries.again()).toEqual(['list', 'messages a', 'session b', 'trash']);
    expect(await againAfter(event({ type: 'resync' }))).toEqual([
      'capabilities',
      'list',
      'messages a',
      'session asked for later',
      'session b',
      'statistics',
      'trash',
    ]);
  });

  it('is asked for the more seldom the longer it takes, however much happens, and never twice at a time', async () => {
    const { queries, rereading } = shown();
    queries.takes.set('list', 1000);
    for (let at = 0; at < 600; at++) {
      rereading.hear(event({ session_id: 'a' }));
      await jest.advanceTimersByTimeAsync(50);
    }
    const gaps = queries.gapsOf('list');
    expect(gaps.length).toBeGreaterThan(3);
    for (const gap of gaps) {
      expect(gap).toBeGreaterThanOrEqual(5000);
      expect(gap).toBeLessThan(6000);
    }
    // A conversation does not wait for the list beside it.
    for (const gap of queries.gapsOf('messages')) expect(gap).toBeLessThan(1000);
  });

  it('is asked for again after an answer that was on its way when something happened', async () => {
    const { queries, rereading } = shown();
    const onItsWay = ['messages', 'a', 'end'];
    queries.fetching.add(onItsWay);
    rereading.hear(event({ session_id: 'a' }));
    await jest.advanceTimersByTimeAsync(3000);
    expect(queries.again()).toEqual(['list']);
    queries.fetching.delete(onItsWay);
    await jest.advanceTimersByTimeAsync(1000);
    expect(queries.again()).toEqual(['messages a']);
    rereading.hear(event({ session_id: 'a' }));
    rereading.stop();
    await jest.advanceTimersByTimeAsync(5000);
    expect(queries.asked).toHaveLength(0);
  });
});
