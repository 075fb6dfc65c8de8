import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { OpenDatabase } from './open-database.js';
import { Replicas } from './replicas.js';

const INTERVAL = 5000;
const MINUTE = 60_000;

describe('how far standbys are behind', () => {
  /** Log positions of both; `written` is undefined while the primary is away, `replayed` if the server is no standby. */
  let written: bigint | undefined;
  let replayed: bigint | undefined;
  let replicas: Replicas;
  let warned: jest.SpiedFunction<Logger['warn']>;
  let told: jest.SpiedFunction<Logger['log']>;

  /** Lets time pass; before each measurement the primary writes. */
  const pass = async (time: number): Promise<void> => {
    for (let passed = 0; passed < time; passed += INTERVAL) {
      if (written !== undefined) written += 10n;
      await jest.advanceTimersByTimeAsync(INTERVAL);
    }
  };
  /** The same, with a standby that follows closely but never fully catches up. */
  const follow = async (time: number): Promise<void> => {
    for (let passed = 0; passed < time; passed += INTERVAL) {
      replayed = (written ?? 0n) + 5n;
      await pass(INTERVAL);
    }
  };
  const behind = (): number | undefined => replicas.behind[0]?.behindSeconds;

  beforeEach(() => {
    jest.useFakeTimers();
    warned = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    told = jest.spyOn(Logger.prototype, 'log').mockReturnValue(undefined);
    written = 100n;
    replayed = 90n;
    const manager = { query: () => Promise.resolve([{ position: replayed?.toString() ?? null }]) };
    replicas = new Replicas(
      ['postgres://standby.example.com/history'],
      () => Promise.resolve({ dataSource: { manager, destroy: () => undefined } } as unknown as OpenDatabase),
      () => (written === undefined ? Promise.reject(new Error('away')) : Promise.resolve(written)),
    );
  });

  afterEach(async () => {
    await replicas.close();
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  it('counts no time in which the database was away', async () => {
    replicas.watch();
    await follow(MINUTE);
    const place = written ?? 0n;
    written = undefined;
    await pass(10 * MINUTE);
    written = place;
    await follow(INTERVAL);
    expect(behind()).toBeLessThanOrEqual((2 * INTERVAL) / 1000);
    expect(warned).not.toHaveBeenCalled();
  });

  it('counts no time before the first look', async () => {
    await jest.advanceTimersByTimeAsync(10 * MINUTE);
    replicas.watch();
    await pass(INTERVAL);
    expect(behind()).toBe(0);
    expect(warned).not.toHaveBeenCalled();
  });

  it('goes on from what it was where the database was away for a while', async () => {
    replicas.watch();
    await pass(MINUTE);
    const [place, before] = [written, behind() ?? 0];
    written = undefined;
    await pass(10 * MINUTE);
    written = place;
    await pass(2 * INTERVAL);
    expect(behind()).toBe(before + (2 * INTERVAL) / 1000);
    expect(warned).toHaveBeenCalledTimes(1);
  });

  it('is told of none that was promoted, which is not read: it follows nothing', async () => {
    replicas.watch();
    await follow(MINUTE);
    replayed = undefined;
    await pass(INTERVAL);
    expect(replicas.behind).toEqual([]);
    expect(warned).toHaveBeenCalledWith(
      'The standby standby.example.com is a standby no more, and follows nothing. It is not read.',
    );
    replayed = (written ?? 0n) + 5n;
    await follow(2 * INTERVAL);
    expect(told).toHaveBeenCalledWith(
      'The standby standby.example.com has come as far as the database, and is read again.',
    );
  });
});
