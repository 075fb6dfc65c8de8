import type { HostCredentials } from './host-roles.js';

/** A URL of a database: who gets in, where, and with which parameters. Without a host it is none that `URL` reads. */
const ADDRESS = /^(postgres(?:ql)?:\/\/)(?:[^/?#]*@)?([^?#]*)(?:\?([^#]*))?/;

/**
 * The address of a database as a host has it: another's, with its own role and password in the place of whatever that one says of these, since
 * a `user` or `password` among the parameters comes before those in front of the host
 * (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS).
 */
export function hostAddress(url: string, { role, password }: HostCredentials): string {
  const [, scheme = '', place = '', query = ''] = ADDRESS.exec(url) ?? [];
  const parameters = new URLSearchParams(query);
  for (const name of ['user', 'password']) parameters.delete(name);
  const hasHost = !place.startsWith('/') && place !== '';
  if (!hasHost) {
    parameters.set('user', role);
    parameters.set('password', password);
  }
  // A plus is a space to some of those who read it, and to others a plus.
  const end = parameters.size === 0 ? '' : `?${parameters.toString().replaceAll('+', '%20')}`;
  return `${scheme}${hasHost ? `${role}:${password}@` : ''}${place}${end}`;
}
