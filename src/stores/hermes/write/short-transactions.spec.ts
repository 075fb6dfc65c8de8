import type { Database } from 'better-sqlite3';
import { ApiError } from '../../../http/errors.js';
import type { BulkOutcome } from '../../../sessions/session-bulk.js';
import type { HermesConnection, OpenHistory } from '../file/hermes-connection.js';
import { changeInShortTransactions } from './short-transactions.js';

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

const IDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

describe('changing many sessions in short transactions', () => {
  it('takes as many as fit into one, and begins another for the next', async () => {
    const { connection, begun } = connectionThat();
    const outcomes = await changeInShortTransactions(connection, IDS, () => slowly);
    expect(outcomes.map(({ id }) => id)).toEqual(IDS);
    expect(begun()).toBeGreaterThan(1);
    expect(begun()).toBeLessThan(IDS.length);
  });

  it('goes on behind a session that cannot be changed', async () => {
    const { connection } = connectionThat();
    const outcomes = await changeInShortTransactions(connection, ['a', 'b', 'c'], () => (id) => {
      if (id === 'b') throw new ApiError('session_busy');
      return { kind: 'changed', id };
    });
    expect(outcomes.map(({ kind }) => kind)).toEqual(['changed', 'refused', 'changed']);
  });

  it('refuses the rest when a transaction fails, and keeps what was done before', async () => {
    const { connection, begun } = connectionThat(2);
    const outcomes = await changeInShortTransactions(connection, IDS, () => slowly);
    expect(outcomes.map(({ id }) => id)).toEqual(IDS);
    expect([outcomes[0]?.kind, outcomes.at(-1)]).toEqual([
      'changed',
      { kind: 'refused', id: 'h', error: new ApiError('store_busy') },
    ]);
    expect(begun()).toBe(2);
  });

  it('does not hide a failure that nobody foresaw', async () => {
    const { connection } = connectionThat();
    const work = changeInShortTransactions(connection, IDS, () => () => {
      throw new TypeError('a mistake');
    });
    await expect(work).rejects.toThrow('a mistake');
  });

  it('ends when its time is over, and tells what was reached', async () => {
    const { connection, begun } = connectionThat();
    const outcomes = await changeInShortTransactions(connection, IDS, () => slowly, 20);
    expect(outcomes.length).toBeGreaterThan(0);
    expect(outcomes.map(({ id }) => id)).toEqual(IDS.slice(0, outcomes.length));
    expect(outcomes.length).toBeLessThan(IDS.length);
    expect(begun()).toBe(1);
  });
});
