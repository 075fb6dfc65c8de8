import { fastify } from 'fastify';
import { TrustedProxies } from './trusted-proxies.js';

const check = new TrustedProxies();

describe('TRUST_PROXY', () => {
  it.each([
    ...['127.0.0.1', '::1', '10.0.0.0/8,::1/128', '10.0.0.0/255.0.0.0', 'loopback'],
    ...['10.0.0.1,uniquelocal,linklocal', '::ffff:10.0.0.0/104', '192.0.2.0/24'],
  ])('takes %s, as Fastify does', (value) => {
    expect(check.validate(value)).toBe(true);
    expect(() => fastify({ trustProxy: value })).not.toThrow();
  });

  it('takes what means all of them, or none', () => {
    expect(['true', 'false'].map((value) => check.validate(value))).toEqual([true, true]);
  });

  it.each([
    ...['0.0.0.0/0', '10.0.0.0/99', '127.0.0.1/33', '::1/129', '10.0.0.0/', '10.0.0.0/8/8', '::1/255.0.0.0'],
    ...['10.0.0.0/255.0.255.0', '10.0.0.0/0.0.0.0', '10.0.0.1,', '10.0.0', 'loopback,somebody', ''],
  ])('does not take %s', (value) => {
    expect(check.validate(value)).toBe(false);
  });
});
