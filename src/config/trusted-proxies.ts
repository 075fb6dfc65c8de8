import { isIP, isIPv4 } from 'node:net';
import { ValidatorConstraint, type ValidatorConstraintInterface } from 'class-validator';

/** Named networks (https://github.com/fastify/proxy-addr). */
const NETWORKS: ReadonlySet<string> = new Set(['loopback', 'linklocal', 'uniquelocal']);

/** Accepts what Fastify accepts as trusted proxies. Fastify itself would refuse other values with an error that names no setting. */
@ValidatorConstraint({ name: 'trustedProxies' })
export class TrustedProxies implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    if (typeof value !== 'string') return false;
    return value === 'true' || value === 'false' || value.split(',').every(isNetwork);
  }

  defaultMessage(): string {
    return 'TRUST_PROXY must be true, which trusts all, false, or addresses and networks such as 10.0.0.0/8, loopback, linklocal and uniquelocal, separated by commas.';
  }
}

function isNetwork(text: string): boolean {
  if (NETWORKS.has(text)) return true;
  const [address = '', part, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || address.includes('%') || more.length > 0) return false;
  if (part === undefined) return true;
  if (version === 4 && isIPv4(part)) return isMask(part);
  return /^\d+$/.test(part) && Number(part) >= 1 && Number(part) <= (version === 4 ? 32 : 128);
}

/** Whether an address is a netmask: ones followed by zeros, at least one one. */
function isMask(address: string): boolean {
  const bits = address.split('.').map((part) => Number(part).toString(2).padStart(8, '0'));
  return /^1+0*$/.test(bits.join(''));
}
