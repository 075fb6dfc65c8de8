import { isIPv6 } from 'node:net';

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
