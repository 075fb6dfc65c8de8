import {
  chainAncestors,
  chainFamily,
  chainFrom,
  chainRoot,
  chainThrough,
  placeInChain,
  placesInChain,
  kindOf,
  type LineageNode,
  type LineageSource,
} from './lineage.js';

function node(id: string, more: Partial<LineageNode> = {}): LineageNode {
  return {
    id,
    parentId: null,
    source: 'cli',
    userId: null,
    startedAt: 100,
    endedAt: null,
    endReason: null,
    sessionKey: null,
    branched: false,
    reset: false,
    delegate: false,
    delegateFrom: null,
    hidden: false,
    archived: false,
    pinned: false,
    lastActiveAt: 100,
    ...more,
  };
}

function sourceOf(...nodes: readonly LineageNode[]): LineageSource {
  return {
    node: (id) => nodes.find((candidate) => candidate.id === id),
    children: (id) => nodes.filter((candidate) => candidate.parentId === id),
  };
}

const compressed = { endedAt: 200, endReason: 'compression' };

describe('the kind of a session', () => {
  const child = (more: Partial<LineageNode> = {}): LineageNode =>
    node('child', { parentId: 'parent', startedAt: 200, ...more });

  it.each<[string, LineageNode, LineageNode | undefined, string]>([
    ['a session without a parent is a root', node('a'), undefined, 'root'],
    ['an orphaned delegate stays a delegate', node('a', { delegate: true }), undefined, 'delegate'],
    ['a marked branch', child({ branched: true }), node('parent'), 'branch'],
    ['a branch by its parent', child(), node('parent', { endReason: 'branched', endedAt: 200 }), 'branch'],
    [
      'a child from before the branching is none',
      child({ startedAt: 199 }),
      node('parent', { endReason: 'branched', endedAt: 200 }),
      'other',
    ],
    ['a marked reset', child({ reset: true }), node('parent'), 'reset'],
    [
      'a reset by the session key',
      child({ sessionKey: 'k' }),
      node('parent', { endReason: 'daily', sessionKey: 'k' }),
      'reset',
    ],
    [
      'another key is no reset',
      child({ sessionKey: 'k' }),
      node('parent', { endReason: 'daily', sessionKey: 'l' }),
      'other',
    ],
    [
      'an empty key is no reset',
      child({ sessionKey: '' }),
      node('parent', { endReason: 'daily', sessionKey: '' }),
      'other',
    ],
    ['a continuation', child({ startedAt: 1 }), node('parent', compressed), 'continuation'],
    ['a tool session continues nothing', child({ source: 'tool' }), node('parent', compressed), 'other'],
    [
      'a marked delegate continues nothing',
      child({ delegate: true }),
      node('parent', compressed),
      'delegate',
    ],
    ['a child of an unknown parent', child(), undefined, 'other'],
  ])('%s', (_name, session, parent, kind) => {
    expect(kindOf(session, parent)).toBe(kind);
  });
});

describe('a compression chain', () => {
  const long = Array.from({ length: 50 }, (_, step) =>
    node(`s${step}`, {
      parentId: step === 0 ? null : `s${step - 1}`,
      ...(step < 49 ? compressed : {}),
    }),
  );

  it('leads from any member to its root and from its root to its tip', () => {
    const source = sourceOf(...long);
    expect(chainRoot(source, long[31] ?? node('none')).id).toBe('s0');
    expect(chainFrom(source, long[0] ?? node('none')).map((member) => member.id)).toEqual(
      long.map((member) => member.id),
    );
    expect(chainAncestors(source, long[3] ?? node('none'))).toEqual(new Set(['s2', 's1', 's0']));
  });

  it.each<[string, readonly Partial<LineageNode>[], string]>([
    ['one that went on', [{ lastActiveAt: 900 }, { ...compressed, lastActiveAt: 1 }], 'c1'],
    ['an open one', [{ endedAt: 300, endReason: 'done', lastActiveAt: 900 }, { lastActiveAt: 1 }], 'c1'],
    ['the most active one', [{ lastActiveAt: 5 }, { lastActiveAt: 6 }], 'c1'],
    ['the one that started last', [{ startedAt: 8 }, { startedAt: 7 }], 'c0'],
    ['the greatest id', [{}, {}], 'c1'],
  ])('prefers %s among rivals', (_name, rivals, preferred) => {
    const root = node('root', compressed);
    const source = sourceOf(root, ...rivals.map((more, at) => node(`c${at}`, { parentId: 'root', ...more })));
    expect(chainFrom(source, root)[1]?.id).toBe(preferred);
    expect(
      chainFamily(source, root)
        .map((member) => member.id)
        .sort(),
    ).toEqual(['c0', 'c1', 'root']);
  });

  it('is followed for a thousand steps, as Hermes does, and to its root however far that is', () => {
    const nodes = new Map(
      Array.from({ length: 1200 }, (_, step) => {
        const parentId = step === 0 ? null : `s${step - 1}`;
        return [`s${step}`, node(`s${step}`, { ...compressed, parentId })];
      }),
    );
    let asked = 0;
    const children = (id: string): readonly LineageNode[] => {
      asked++;
      const next = nodes.get(`s${Number(id.slice(1)) + 1}`);
      return next === undefined ? [] : [next];
    };
    const source: LineageSource = { node: (id) => nodes.get(id), children };
    const first = nodes.get('s0') ?? node('none');
    expect(chainFrom(source, first).map(({ id }) => id)).toEqual(
      Array.from({ length: 1001 }, (_, step) => `s${step}`),
    );
    expect(chainRoot(source, nodes.get('s1199') ?? first)).toBe(first);
    asked = 0;
    const places = placesInChain(source, nodes.get('s1000') ?? first);
    expect(places.map(({ node: { id }, tip }) => [id, tip.id])).toEqual(
      Array.from({ length: 1200 }, (_, step) => [`s${step}`, `s${Math.min(step + 1000, 1199)}`]),
    );
    expect(places[7]).toEqual(placeInChain(source, nodes.get('s7') ?? first));
    // Once to find the chain, once for the positions in it, and once more for the single position.
    expect(asked).toBeLessThan(4 * 1200);
  });

  it.each(['x', 'y', 'z'])('has each member of a cycle once, whoever asks: %s', (id) => {
    const parents = { x: 'z', y: 'x', z: 'y' } as const;
    const source = sourceOf(
      ...Object.entries(parents).map(([member, parentId]) => node(member, { parentId, ...compressed })),
    );
    const start = source.node(id) ?? node(id);
    expect(chainThrough(source, start).map((member) => member.id)).toHaveLength(3);
    expect(new Set(placesInChain(source, start).map((place) => place.node.id))).toEqual(
      new Set(['x', 'y', 'z']),
    );
    expect(placesInChain(source, start)).toHaveLength(3);
  });

  it('ends at a cycle', () => {
    const a = node('a', { parentId: 'b', ...compressed });
    const b = node('b', { parentId: 'a', ...compressed });
    const source = sourceOf(a, b);
    expect(chainRoot(source, b).id).toBe('a');
    expect(chainFrom(source, a).map((member) => member.id)).toEqual(['a', 'b']);
    expect(chainAncestors(source, a)).toEqual(new Set(['b']));
  });
});
