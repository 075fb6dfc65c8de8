import type { IncomingHttpHeaders } from 'node:http';
import { isIPv6 } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** An address with a port, or an IPv6 address in brackets with or without a port. */
const WITH_PORT = /^(?:([\d.]+):\d+|\[([^\]]*)\](?::\d+)?)$/;

/**
 * Removes the ports from forwarded addresses before anything reads them. Some proxies add them (Azure's Application Gateway does). With ports, each
 * connection would count as another caller, and no trusted proxy would be recognised.
 */
export function forgetForwardedPorts(fastify: FastifyInstance): void {
  // Prepended, so that it runs before the listener that answers the request.
  fastify.server.prependListener('request', ({ headers }) => {
    const addresses = headers['x-forwarded-for'];
    if (addresses !== undefined) headers['x-forwarded-for'] = withoutPorts(addresses);
  });
}

/** `X-Forwarded-For` without ports. */
export function withoutPorts(addresses: NonNullable<IncomingHttpHeaders['x-forwarded-for']>): string {
  return String(addresses)
    .split(',')
    .map((address) => address.trim().replace(WITH_PORT, '$1$2'))
    .join(', ');
}

/** The form in which an address is counted. IPv6 addresses count by their first 64 bits, since one caller owns all the rest. */
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
  // A URL normalises the address to one form, without a dotted IPv4 ending. It does not accept a zone.
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
