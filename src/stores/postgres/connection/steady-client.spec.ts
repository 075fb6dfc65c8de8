import { createServer, type AddressInfo } from 'node:net';
import pg from 'pg';
import { SteadyClient } from './steady-client.js';

/** A message of PostgreSQL's protocol (https://www.postgresql.org/docs/current/protocol-message-formats.html). */
function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

const IS_ADMITTED = message('R', Buffer.alloc(4));
const IS_READY = message('Z', Buffer.from('I'));
const IS_ENDED = message('E', Buffer.from('SFATAL\0C57P01\0Mterminating connection\0\0'));

describe('a connection that the database ends when it has just begun', () => {
  it('is told of by what is asked of it, and ends nothing else', async () => {
    const database = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.write(Buffer.concat([IS_ADMITTED, IS_READY, IS_ENDED])));
    });
    await new Promise<void>((listening) => database.listen(0, '127.0.0.1', listening));
    const { port } = database.address() as AddressInfo;
    const uncaught: unknown[] = [];
    const catchIt = (error: unknown): void => {
      uncaught.push(error);
    };
    process.on('uncaughtException', catchIt);
    const pool = new pg.Pool({
      host: '127.0.0.1',
      port,
      user: 'any',
      password: 'any',
      ssl: false,
      Client: SteadyClient,
    });
    pool.on('error', () => undefined);
    try {
      const client = await pool.connect();
      await expect(client.query('SELECT 1')).rejects.toThrow(/not queryable|terminat/);
      client.release();
      expect(pool.totalCount).toBe(0);
      expect(uncaught).toEqual([]);
    } finally {
      process.off('uncaughtException', catchIt);
      await pool.end();
      database.close();
    }
  });
});
