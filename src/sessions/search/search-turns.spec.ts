import { jest } from '@jest/globals';
import { DomainError } from '../../domain/errors.js';
import { SilentObserver, type SearchEnd } from '../store-observer.js';
import { SearchTurns } from './search-turns.js';

/** Searches that end on demand. */
class Searches {
  readonly begun: string[] = [];
  readonly #ends: (() => void)[] = [];

  start(turns: SearchTurns, caller: string, name: string): Promise<string> {
    return turns.take(caller, () => {
      this.begun.push(name);
      return new Promise((end) => {
        this.#ends.push(() => {
          end(name);
        });
      });
    });
  }

  async endNext(): Promise<void> {
    this.#ends.shift()?.();
    await new Promise(setImmediate);
  }
}

describe('turns of searches', () => {
  it('go from caller to caller, however many searches one of them has', async () => {
    const turns = new SearchTurns({ atOnce: 1, waiting: 3 }, new SilentObserver());
    const searches = new Searches();
    const all = [
      ...['a1', 'a2', 'a3', 'a4'].map((name) => searches.start(turns, 'a', name)),
      searches.start(turns, 'b', 'b1'),
    ];
    expect(turns.waiting).toBe(4);
    for (let left = all.length; left > 0; left--) await searches.endNext();
    expect(searches.begun).toEqual(['a1', 'a2', 'b1', 'a3', 'a4']);
    expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'a4', 'b1']);
    expect(turns.waiting).toBe(0);
  });

  it('are refused to whoever has too many waiting, and to nobody else', async () => {
    const turns = new SearchTurns({ atOnce: 2, waiting: 1 }, new SilentObserver());
    const searches = new Searches();
    const all = ['a1', 'a2', 'a3'].map((name) => searches.start(turns, 'a', name));
    await expect(searches.start(turns, 'a', 'a4')).rejects.toMatchObject({ code: 'search_busy' });
    all.push(searches.start(turns, 'b', 'b1'));
    for (let left = all.length; left > 0; left--) await searches.endNext();
    expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'b1']);
  });

  it('go on where a search fails', async () => {
    const turns = new SearchTurns({ atOnce: 1, waiting: 1 }, new SilentObserver());
    await expect(turns.take('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await turns.take('a', () => Promise.resolve(1))).toBe(1);
  });

  it.each<[SearchEnd, Error, AbortSignal | undefined]>([
    ['timeout', new DomainError('search_timeout'), undefined],
    ['failed', new DomainError('store_busy'), undefined],
    ['cancelled', new Error('left'), AbortSignal.abort(new Error('left'))],
  ])('tell that a search ended as %s', async (end, error, signal) => {
    const searched = jest.fn();
    const turns = new SearchTurns({ atOnce: 1, waiting: 1 }, { searched });
    await expect(turns.take('a', () => Promise.reject(error), signal)).rejects.toEqual(error);
    expect(searched).toHaveBeenCalledWith(end, expect.any(Number));
  });
});
