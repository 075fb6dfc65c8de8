import type { LineageNode, LineageSource } from './lineage.js';
import { OwnedLineage } from './owned-lineage.js';

type Row = Partial<LineageNode> & Pick<LineageNode, 'id'>;

function ownedIn(...rows: readonly Row[]): LineageSource {
  const nodes = rows.map((row): LineageNode => ({
    ...{ parentId: null, source: 'telegram', userId: null, startedAt: 100, sessionKey: null },
    ...{ endedAt: 200, endReason: 'compression', lastActiveAt: 100, delegateFrom: null },
    ...{ branched: false, reset: false, delegate: false, hidden: false, archived: false, pinned: false },
    ...row,
  }));
  return new OwnedLineage({
    node: (id) => nodes.find((node) => node.id === id),
    children: (id) => nodes.filter((node) => node.parentId === id),
  });
}

const root = { id: 'root', userId: 'ana' };
const middle = { id: 'middle', parentId: 'root' };
const tip = { id: 'tip', parentId: 'middle' };

describe('the owner of a session', () => {
  it.each<[string, string | null, readonly Row[]]>([
    ['is the user that its row names', 'bo', [root, { ...middle, userId: 'bo' }, { ...tip, userId: 'bo' }]],
    ['is that of the session which it continues', 'ana', [root, { ...tip, parentId: 'root' }]],
    ['is found over several that name none', 'ana', [root, middle, tip]],
    ['is the nearest one', 'bo', [root, { ...middle, userId: 'bo' }, tip]],
    ['is nobody where none is named', null, [{ ...root, userId: null }, middle, tip]],
    ['is nobody where the session that it continues is gone', null, [middle, tip]],
    ['is not inherited by a branch', null, [root, middle, { ...tip, branched: true }]],
    ['is not inherited by a delegate', null, [root, middle, { ...tip, delegate: true }]],
    ['is not inherited over a branch', null, [root, { ...middle, branched: true }, tip]],
    [
      'is not inherited from a session that did not end by a compression',
      null,
      [root, { ...middle, endReason: 'user_exit' }, tip],
    ],
    ['is nobody in a cycle that names none', null, [{ ...middle, parentId: 'tip' }, tip]],
  ])('%s', (_what, owner, rows) => {
    // The order of requests must not matter.
    for (const order of [rows, [...rows].reverse()]) {
      const owned = ownedIn(...rows);
      for (const { id } of order) owned.node(id);
      expect(owned.node('tip')?.userId).toBe(owner);
    }
  });

  it('is the same for a child of a session', () => {
    const owned = ownedIn(root, middle, tip);
    expect(owned.children('middle').map(({ id, userId }) => [id, userId])).toEqual([['tip', 'ana']]);
  });
});
