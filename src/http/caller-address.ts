import type { IncomingHttpHeaders } from 'node:http';
import { isIPv6 } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** An address with a port, and one of IPv6 in brackets, with or without. */
const WITH_PORT = /^(?:([\d.]+):\d+|\[([^\]]*)\](?::\d+)?)$/;

/**
 * Takes the ports out of what proxies say of their callers, before anybody looks at it: some write them (Azure's Application Gateway does), and
 * with one of its own each connection would be another caller, and a trusted proxy none.
 */
export function forgetForwardedPorts(fastify: FastifyInstance): void {
  // Before what answers the request.
  fastify.server.prependListener('request', ({ headers }) => {
    const addresses = headers['x-forwarded-for'];
    if (addresses !== undefined) headers['x-forwarded-for'] = withoutPorts(addresses);
  });
}

/** `X-Forwarded-For` with the addresses alone. */
export function withoutPorts(addresses: NonNullable<IncomingHttpHeaders['x-forwarded-for']>): string {
  return String(addresses)
    .split(',')
    .map((address) => address.trim().replace(WITH_PORT, '$1$2'))
    .join(', ');
}

/** What an address counts as: of an IPv6 address its first 64 bits, since one caller has all the others. */
export function callerAddress(address: string): string {
  if (!isIPv6(address)) return address;
  const groups = groupsOf(address);
  const isMappedIpv4 = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (!isMappedIpv4)
    return `${groups
      .slice(0, 4)
      .map((group) => group.toString(16))
      .join(':')}::`;
  return groups
    .slice(6)
    .flatMap((group) => [group >> 8, group & 0xff])
    .join('.');
}

function groupsOf(address: string): readonly number[] {
  // A URL has it in one form, without a dotted end; a zone is no part of one.
  const { hostname } = new URL(`http://[${address.replace(/%.*$/, '')}]`);
  const [before = [], behind = []] = hostname
    .slice(1, -1)
    .split('::')
    .map((side) =>
      side
        .split(':')
        .filter(Boolean)
        .map((group) => parseInt(group, 16)),
    );
  return [...before, ...Array<number>(8 - before.length - behind.length).fill(0), ...behind];
}
