import { fittingPage } from './page-bytes.js';

describe('a page of messages', () => {
  const sizes = (most: number, ...bytes: number[]): readonly [readonly number[], boolean] => {
    const { page, isCut } = fittingPage(bytes, (size) => size, most);
    return [page, isCut];
  };

  it('ends behind the message with which it is full, and has one at least', () => {
    expect(sizes(10, 4, 4, 4, 4)).toEqual([[4, 4, 4], true]);
    expect(sizes(10, 4, 6, 1)).toEqual([[4, 6], true]);
    expect(sizes(10, 100, 1)).toEqual([[100], true]);
    expect(sizes(10, 100)).toEqual([[100], false]);
    expect(sizes(10)).toEqual([[], false]);
  });

  it('reads no further than one message behind its end', () => {
    let read = 0;
    function* endless(): Generator<number> {
      for (;;) yield ++read;
    }
    expect(fittingPage(endless(), () => 5, 10).page).toEqual([1, 2]);
    expect(read).toBe(3);
  });
});
