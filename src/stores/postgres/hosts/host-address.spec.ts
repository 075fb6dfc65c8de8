import pg from 'pg';
import { hostAddress } from './host-address.js';

describe('the address of a database that a host has', () => {
  const own = { role: 'hermes_host_laptop', password: 'its-own_1' };

  it.each([
    ['postgres://db.example.com:5432/hermes', 'db.example.com'],
    ['postgresql://postgres:secret@db.example.com:5432/hermes?sslmode=disable', 'db.example.com'],
    ['postgres://db.example.com:5432/hermes?user=postgres&password=secret', 'db.example.com'],
    ['postgres://a:b@db.example.com:5432/hermes?password=secret&user=postgres&user=more', 'db.example.com'],
    ['postgres://postgres:secret@[::1]:5432/hermes', '::1'],
    ['postgres:///hermes?host=db.example.com&port=5432&user=postgres&password=secret', 'db.example.com'],
    ['postgres:///hermes?host=/run/postgresql', '/run/postgresql'],
    ['postgres://postgres:secret@/hermes?host=/run/postgresql', '/run/postgresql'],
    ['postgres://postgres:sec%40ret@%2Frun%2Fpostgresql/hermes', '/run/postgresql'],
  ])('has its own role and password, and no others: %s', (url, host) => {
    const address = hostAddress(url, own);
    // As the driver parses it.
    expect(new pg.Client(address)).toMatchObject({
      user: own.role,
      password: own.password,
      host,
      port: 5432,
      database: 'hermes',
    });
    expect(address).not.toMatch(/secret|postgres:s|user=postgres/);
  });

  it('keeps what else the address says', () => {
    const address = hostAddress(
      'postgres://u:p@db/hermes?sslmode=verify-full&options=-c%20search_path=a%2Bb',
      own,
    );
    expect(address).toBe(
      'postgres://hermes_host_laptop:its-own_1@db/hermes?sslmode=verify-full&options=-c%20search_path%3Da%2Bb',
    );
  });
});
