import { AnswerCache, type KeptAnswer } from './answer-cache.js';

function answer(revision: string, size = 10): KeptAnswer {
  return { revision, tag: '"t"', body: Buffer.alloc(size) };
}

describe('the answer cache', () => {
  it('gives an answer for its revision alone', () => {
    const cache = new AnswerCache(10_000);
    cache.keep('a', answer('1'));
    expect(cache.get('a', '1')).toBeDefined();
    expect(cache.get('a', '2')).toBeUndefined();
    expect(cache.get('b', '1')).toBeUndefined();
  });

  it('stays within its size, forgets what was not asked for longest, and refuses what is too large', () => {
    const cache = new AnswerCache(10_000);
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']) {
      cache.keep(key, answer('1', 900));
      cache.get('a', '1');
    }
    expect(cache.get('a', '1')).toBeDefined();
    expect(cache.get('b', '1')).toBeUndefined();
    cache.keep('large', answer('1', 5000));
    expect(cache.get('large', '1')).toBeUndefined();
  });

  it('of size 0 keeps nothing', () => {
    const cache = new AnswerCache(0);
    cache.keep('a', answer('1'));
    expect(cache.get('a', '1')).toBeUndefined();
  });
});
