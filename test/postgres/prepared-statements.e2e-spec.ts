import { PreparingClient } from '../../src/stores/postgres/connection/preparing-client.js';
import { createDatabase } from '../support/database.js';

describe('the statements that a connection keeps', () => {
  let client: PreparingClient;

  beforeAll(async () => {
    client = new PreparingClient(await createDatabase());
    await client.connect();
  });

  afterAll(() => client.end());

  const ask = async (form: number): Promise<unknown> => {
    const { rows } = await client.query<{ value: number }>(`SELECT $1::int + ${form} AS value`, [1]);
    return rows[0]?.value;
  };

  const kept = async (): Promise<readonly string[]> => {
    const { rows } = await client.query<{ statement: string }>(
      'SELECT statement FROM pg_prepared_statements',
    );
    return rows.map(({ statement }) => statement);
  };

  it('are those that are asked for, however many forms somebody else asks in', async () => {
    for (let form = 1; form <= 1000; form++) {
      expect(await ask(form)).toBe(form + 1);
      // What everybody asks for.
      if (form % 100 === 0) expect(await ask(0)).toBe(1);
    }
    const statements = await kept();
    expect(statements.length).toBeLessThanOrEqual(300);
    expect(statements).toContain('SELECT $1::int + 0 AS value');
    expect(statements).not.toContain('SELECT $1::int + 1 AS value');
    expect(await ask(1)).toBe(2);
    expect(await kept()).toContain('SELECT $1::int + 1 AS value');
  });

  it.each([
    ['a table was changed', 'ALTER TABLE histories ADD COLUMN mood text', '0A000'],
    ['the connection has forgotten them', 'DEALLOCATE ALL', '26000'],
  ])('are prepared anew once %s', async (_what, sql, code) => {
    const read = (): Promise<unknown> => client.query('SELECT * FROM histories WHERE id = $1', [1]);
    await read();
    await client.query(sql);
    await expect(read()).rejects.toMatchObject({ code });
    await expect(read()).resolves.toMatchObject({ rows: [] });
  });

  it('give way in a transaction that has failed as well', async () => {
    await client.query('BEGIN');
    await expect(client.query('SELECT $1::int / 0', [1])).rejects.toThrow('division by zero');
    for (let form = 2000; form < 2400; form++) await ask(form).catch(() => undefined);
    await client.query('ROLLBACK');
    expect(await ask(7)).toBe(8);
    for (let form = 2000; form < 2400; form++) expect(await ask(form)).toBe(form + 1);
  });
});
