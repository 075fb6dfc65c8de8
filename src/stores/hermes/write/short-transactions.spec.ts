import type { Database } from 'better-sqlite3';
import { ApiError } from '../../../http/errors.js';
import type { BulkOutcome } from '../../../sessions/session-bulk.js';
import type { HermesConnection, OpenHistory } from '../file/hermes-connection.js';
import {
  changeInShortTransactions,
  type ChangeSession,
  type ShortTransactions,
} from './short-transactions.js';

/** What a connection is to the rule: something that begins transactions, of which the one named fails. */
function connectionThat(failsAt = Infinity): { connection: HermesConnection; begun: () => number } {
  let begun = 0;
  const transaction = async (write: (db: Database, history: OpenHistory) => unknown): Promise<unknown> => {
    if (++begun === failsAt) throw new ApiError('store_busy');
    return Promise.resolve(write({} as Database, {} as OpenHistory));
  };
  return { connection: { transaction } as unknown as HermesConnection, begun: () => begun };
}

function slowly(id: string): BulkOutcome {
  const end = performance.now() + 12;
  while (performance.now() < end);
  return { kind: 'changed', id };
}

/** As the connection above is used: nobody listens, and there is time. */
function changing(change: ChangeSession, more: Partial<ShortTransactions> = {}): ShortTransactions {
  return { begin: () => change, onCommit: () => undefined, limit: Infinity, ...more };
}

const IDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

describe('changing many sessions in short transactions', () => {
  it('takes as many as fit into one, and begins another for the next', async () => {
    const { connection, begun } = connectionThat();
    const outcomes = await changeInShortTransactions(connection, IDS, changing(slowly));
    expect(outcomes.map(({ id }) => id)).toEqual(IDS);
    expect(begun()).toBeGreaterThan(1);
    expect(begun()).toBeLessThan(IDS.length);
  });

  it('goes on behind a session that cannot be changed', async () => {
    const { connection } = connectionThat();
    const change: ChangeSession = (id) => {
      if (id === 'b') throw new ApiError('session_busy');
      return { kind: 'changed', id };
    };
    const outcomes = await changeInShortTransactions(connection, ['a', 'b', 'c'], changing(change));
    expect(outcomes.map(({ kind }) => kind)).toEqual(['changed', 'refused', 'changed']);
  });

  it('refuses the rest when a transaction fails, and keeps what was done before', async () => {
    const { connection, begun } = connectionThat(2);
    const outcomes = await changeInShortTransactions(connection, IDS, changing(slowly));
    expect(outcomes.map(({ id }) => id)).toEqual(IDS);
    expect([outcomes[0]?.kind, outcomes.at(-1)]).toEqual([
      'changed',
      { kind: 'refused', id: 'h', error: new ApiError('store_busy') },
    ]);
    expect(begun()).toBe(2);
  });

  it('keeps what was done before a failure that nobody foresaw, and has told of it', async () => {
    const { connection } = connectionThat();
    const told: string[] = [];
    const change: ChangeSession = (id) => {
      if (id === 'e') throw new TypeError('a mistake');
      return slowly(id);
    };
    const outcomes = await changeInShortTransactions(
      connection,
      IDS,
      changing(change, {
        onCommit: (done) => {
          told.push(...done.map(({ id }) => id));
        },
      }),
    );
    expect(outcomes.map(({ id }) => id)).toEqual(IDS);
    const changed = outcomes.filter(({ kind }) => kind === 'changed').map(({ id }) => id);
    expect(changed).toContain('a');
    expect(told).toEqual(changed);
    expect(outcomes.at(-1)).toMatchObject({
      kind: 'refused',
      error: { code: 'internal_error', cause: new TypeError('a mistake') },
    });
  });

  it('ends when its time is over, and tells what was reached', async () => {
    const { connection, begun } = connectionThat();
    const outcomes = await changeInShortTransactions(connection, IDS, changing(slowly, { limit: 20 }));
    expect(outcomes.length).toBeGreaterThan(0);
    expect(outcomes.map(({ id }) => id)).toEqual(IDS.slice(0, outcomes.length));
    expect(outcomes.length).toBeLessThan(IDS.length);
    expect(begun()).toBe(1);
  });
});
