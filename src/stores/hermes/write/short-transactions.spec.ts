import { jest } from '@jest/globals';
import type { Database } from 'better-sqlite3';
import { DomainError } from '../../../domain/errors.js';
import type { BulkOutcome } from '../../../sessions/bulk/session-bulk.js';
import type { HermesConnection, OpenHistory } from '../file/hermes-connection.js';
import {
  changeInShortTransactions,
  type ChangeSession,
  type ShortTransactions,
} from './short-transactions.js';

/** A database whose savepoints do nothing. */
const DATABASE = { transaction: <T>(change: T): T => change, inTransaction: true } as unknown as Database;

/** A stand-in for the connection: it begins transactions, and the one with number `failsAt` fails. */
function connectionThat(
  failsAt = Infinity,
  db = DATABASE,
): { connection: HermesConnection; begun: () => number } {
  let begun = 0;
  const transaction = async (write: (history: OpenHistory) => unknown): Promise<unknown> => {
    if (++begun === failsAt) throw new DomainError('store_busy');
    return Promise.resolve(write({ reader: { db } } as OpenHistory));
  };
  return { connection: { transaction } as unknown as HermesConnection, begun: () => begun };
}

/** The current time for the tested code, in milliseconds. */
let now = 0;

function slowly(id: string): BulkOutcome {
  now += 12;
  return { kind: 'changed', id };
}

/** Options without a listener and without a time limit. */
function changing(change: ChangeSession, more: Partial<ShortTransactions> = {}): ShortTransactions {
  return {
    begin: () => change,
    history: { profile: 'default', origin: null },
    onCommit: () => undefined,
    limit: Infinity,
    ...more,
  };
}

const IDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

describe('changing many sessions in short transactions', () => {
  beforeEach(() => {
    jest.spyOn(performance, 'now').mockImplementation(() => now);
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('takes as many as fit into one, and begins another for the next', async () => {
    const { connection, begun } = connectionThat();
    const { outcomes } = await changeInShortTransactions(connection, IDS, changing(slowly));
    expect(outcomes.map(({ id }) => id)).toEqual(IDS);
    // Three of them take 36 milliseconds.
    expect(begun()).toBe(3);
  });

  it('goes on behind a session that cannot be changed', async () => {
    const { connection } = connectionThat();
    const change: ChangeSession = (id) => {
      if (id === 'b') throw new DomainError('session_busy');
      return { kind: 'changed', id };
    };
    const { outcomes } = await changeInShortTransactions(connection, ['a', 'b', 'c'], changing(change));
    expect(outcomes.map(({ kind }) => kind)).toEqual(['changed', 'refused', 'changed']);
  });

  it('ends where a transaction fails, keeps what was done before, and tells why', async () => {
    const { connection, begun } = connectionThat(2);
    const { outcomes, failure } = await changeInShortTransactions(connection, IDS, changing(slowly));
    expect(outcomes.length).toBeGreaterThan(0);
    expect(outcomes).toEqual(IDS.slice(0, outcomes.length).map((id) => ({ kind: 'changed', id })));
    expect(failure).toEqual(new DomainError('store_busy'));
    expect(begun()).toBe(2);
  });

  it('refuses one session for a failure that nobody foresaw, and tells only of the others', async () => {
    const { connection } = connectionThat();
    const told: string[] = [];
    const change: ChangeSession = (id) => {
      if (id === 'e') throw new TypeError('a mistake');
      return slowly(id);
    };
    const onCommit: ShortTransactions['onCommit'] = (done) => {
      told.push(...done.map(({ id }) => id));
    };
    const { outcomes } = await changeInShortTransactions(connection, IDS, changing(change, { onCommit }));
    expect(outcomes.map(({ id }) => id)).toEqual(IDS);
    expect(told).toEqual(IDS.filter((id) => id !== 'e'));
    expect(outcomes[4]).toMatchObject({
      kind: 'refused',
      id: 'e',
      reason: new TypeError('a mistake'),
    });
  });

  it('ends for a failure of the history as a whole, and for one that ended the transaction', async () => {
    const full = Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
    for (const [failure, inTransaction] of [
      [full, true],
      [new Error('rolled back'), false],
    ] as const) {
      const { connection } = connectionThat(Infinity, { ...DATABASE, inTransaction });
      const change: ChangeSession = () => {
        throw failure;
      };
      expect(await changeInShortTransactions(connection, IDS, changing(change))).toEqual({
        outcomes: [],
        failure,
      });
    }
  });

  it('ends when its time is over, and tells what was reached', async () => {
    const { connection, begun } = connectionThat();
    const { outcomes } = await changeInShortTransactions(connection, IDS, changing(slowly, { limit: 20 }));
    expect(outcomes.length).toBeGreaterThan(0);
    expect(outcomes.map(({ id }) => id)).toEqual(IDS.slice(0, outcomes.length));
    expect(outcomes.length).toBeLessThan(IDS.length);
    expect(begun()).toBe(1);
  });

  it('has done elsewhere what cannot be done here, in its turn, and within the same time', async () => {
    const { connection } = connectionThat();
    const elsewhere: string[] = [];
    const told: string[] = [];
    const change: ChangeSession = (id) => {
      if (id === 'b' || id === 'e') throw new DomainError('message_too_large');
      return slowly(id);
    };
    const more: Partial<ShortTransactions> = {
      limit: 60,
      onCommit: (done) => told.push(...done.map(({ id }) => id)),
      elsewhere: {
        isFor: (reason) => reason instanceof DomainError,
        change: (id) => {
          elsewhere.push(id);
          now += 20;
          return Promise.resolve({ kind: 'deleted', id, deleted: [] });
        },
      },
    };
    const { outcomes } = await changeInShortTransactions(connection, IDS, changing(change, more));
    expect(outcomes.map(({ id, kind }) => `${id} ${kind}`)).toEqual([
      ...['a changed', 'b deleted', 'c changed', 'd changed', 'e deleted'],
    ]);
    expect(elsewhere).toEqual(['b', 'e']);
    expect(told).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});
