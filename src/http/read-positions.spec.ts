import { jest } from '@jest/globals';
import fastify, { type FastifyInstance } from 'fastify';
import { until } from '../../test/support/wait.js';
import { BEYOND_ALL, readPosition } from '../domain/read-position.js';
import { rememberReadPositions } from './read-positions.js';

describe('how far a store was', () => {
  let app: FastifyInstance;
  /** The store's position at a change; undefined if the store cannot tell it. */
  let written: bigint | undefined;

  beforeEach(() => {
    app = fastify();
    rememberReadPositions(app);
    app.post('/', () => {
      readPosition()?.reach(written ?? BEYOND_ALL);
      return {};
    });
    app.get('/', () => ({ reached: String(readPosition()?.reached) }));
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await app.close();
  });

  async function change(headers: Readonly<Record<string, string>> = {}): Promise<unknown> {
    return (await app.inject({ method: 'POST', url: '/', headers })).headers['read-position'];
  }

  /** The minimum position of the caller's reads. */
  async function reached(headers: Readonly<Record<string, string>> = {}): Promise<bigint> {
    const answer = (await app.inject({ url: '/', headers })).json<{ reached: string }>();
    return BigInt(answer.reached);
  }

  it('is remembered of who changed it, and handed out', async () => {
    expect(await reached()).toBe(0n);
    written = 26n;
    expect([await change(), await reached()]).toEqual(['1a', 26n]);
  });

  it('is beyond all for a while where it could not be asked, is handed to nobody, and keeps what was known', async () => {
    written = 26n;
    await change();
    written = undefined;
    expect([await change(), await reached()]).toEqual([undefined, BEYOND_ALL]);
    // Later known changes do not end the unknown state.
    written = 30n;
    expect([await change(), await reached()]).toEqual(['1e', BEYOND_ALL]);
    const now = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => now() + 11_000);
    // The cache reads the clock at most once per millisecond.
    await until(async () => (await reached()) !== BEYOND_ALL);
    expect(await reached()).toBe(30n);
  });

  it('is that of the change, also where what is handed back is beyond all that was handed out', async () => {
    const beyond = { 'read-position': 'ffffffffffffff00' };
    written = 26n;
    expect(await reached(beyond)).toBe(0xffff_ffff_ffff_ff00n);
    expect([await change(beyond), await reached()]).toEqual(['1a', 26n]);
  });
});
