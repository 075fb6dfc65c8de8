import { CallerTurns } from './caller-turns.js';

describe('turns of callers', () => {
  it('are given back by whoever leaves before they come', async () => {
    const turns = new CallerTurns(1);
    const begun: string[] = [];
    let end: () => void = () => undefined;
    const first = turns.take('a', () => new Promise<void>((resolve) => (end = resolve)));
    const leaving = new AbortController();
    const left = turns.take('a', () => Promise.resolve(begun.push('left')), leaving.signal);
    const others = ['a', 'b'].map((name) => turns.take(name, () => Promise.resolve(begun.push(name))));
    expect([turns.isFull, turns.waiting, turns.waitingOf('a')]).toEqual([true, 3, 2]);
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    end();
    await Promise.all([first, ...others]);
    expect(begun).toEqual(['a', 'b']);
    expect([turns.isFull, turns.waiting, turns.waitingOf('a')]).toEqual([false, 0, 0]);
  });
});
