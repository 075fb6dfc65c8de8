import { allOf, together } from './sql-piece.js';

describe('pieces of SQL', () => {
  it('have their parameters put together, also where two ask for the same', () => {
    const pieces = ['a', 'b'].map((column) => ({
      sql: `${column} = ANY(:names)`,
      parameters: { names: ['x'] },
    }));
    expect(allOf(pieces)).toEqual({
      sql: '(a = ANY(:names)) AND (b = ANY(:names))',
      parameters: { names: ['x'] },
    });
    expect(together({ a: 1 }, undefined, { b: null })).toEqual({ a: 1, b: null });
  });

  it('cannot mean two things by one name', () => {
    expect(() => together({ title: 'Garden' }, { title: '%garden%' })).toThrow('parameter title');
  });
});
