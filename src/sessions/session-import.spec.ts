import { importOrder, type ImportTarget } from './session-import.js';

const NOWHERE: ImportTarget = { mayBeParent: () => false, parentOf: () => null };

function order(
  edges: Readonly<Record<string, string | null>>,
  target = NOWHERE,
): { readonly ids: readonly string[]; readonly parents: Readonly<Record<string, string>> } {
  const sessions = Object.entries(edges).map(([id, parentId]) => ({ id, parentId }));
  const { ids, parents } = importOrder(sessions, target);
  return { ids, parents: Object.fromEntries(parents) };
}

describe('sessions that are added together', () => {
  it('come behind those that they came from', () => {
    expect(order({ tip: 'middle', middle: 'root', root: null, other: null })).toEqual({
      ids: ['root', 'middle', 'tip', 'other'],
      parents: { tip: 'middle', middle: 'root' },
    });
  });

  it('lose a parent that is nowhere, and keep one that is there already', () => {
    const target = { ...NOWHERE, mayBeParent: (id: string) => id === 'there' };
    expect(order({ a: 'there', b: 'nowhere' }, target)).toEqual({ ids: ['a', 'b'], parents: { a: 'there' } });
  });

  it('lose no more of a circle than what closes it', () => {
    expect(order({ a: 'b', b: 'c', c: 'a' })).toEqual({
      ids: ['a', 'c', 'b'],
      parents: { b: 'c', c: 'a' },
    });
    expect(order({ alone: 'alone' }).parents).toEqual({});
  });

  it('close no circle through what is there already', () => {
    const target = { mayBeParent: () => true, parentOf: (id: string) => (id === 'there' ? 'a' : null) };
    expect(order({ a: 'there' }, target).parents).toEqual({});
  });
});
